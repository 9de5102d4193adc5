import { KafkaError, reasonOf } from '../model/errors.ts';

/** What goes wrong with the file at `settings.spool.path`, each with what to do about it. */
export const spoolErrors = {
  rowDamaged(path: string, id: string, topic: string, why: string): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool "${path}" has a damaged record, row ${id} of Kafka topic "${topic}" (${why}). It is set aside and stays in the file, ` +
        'the others are delivered. Check the disk.',
      { topic },
    );
  },

  inUse(path: string): KafkaError {
    return new KafkaError(
      'SPOOL_IN_USE',
      `settings.spool.path "${path}" is in use by another process or by another destination of this one: ` +
        'two writers would lose or double records. Give each destination and each replica a path of its own, ' +
        'or end the other first.',
    );
  },

  noFolder(path: string, folder: string, cause: unknown): KafkaError {
    return unavailable(
      path,
      `its folder "${folder}" cannot be made (${reasonOf(cause)}): make it, or name a path on a writable volume`,
      cause,
    );
  },

  notWritable(path: string, folder: string, cause: unknown): KafkaError {
    return unavailable(
      path,
      `this process may not write there (${reasonOf(cause)}): give its user write access to the folder "${folder}" ` +
        'and the files in it, or name a path on a writable volume',
      cause,
    );
  },

  aFolder(path: string): KafkaError {
    return unavailable(path, 'it is a folder: name a file in it, such as "spool.db"');
  },

  missing(path: string): KafkaError {
    return unavailable(path, 'there is no such file: check the path, or start the flow that writes it');
  },

  foreign(path: string): KafkaError {
    return unavailable(
      path,
      'it is a file of another application, which stays as it is: name a path of its own for the spool',
    );
  },

  newer(path: string, version: number, known: number): KafkaError {
    return unavailable(
      path,
      `a newer version of this package wrote it (format ${version}, this one knows ${known}): ` +
        'update the package, or let the newer one deliver what is in it first',
    );
  },

  damaged(path: string, cause: unknown): KafkaError {
    return unavailable(
      path,
      `it is damaged, or no spool at all (${reasonOf(cause)}): a flow that starts with it, or "walkeros-kafka spool drain", ` +
        'sets it aside and takes over what can be read',
      cause,
    );
  },

  heldWithoutRoom(path: string, cause: unknown): KafkaError {
    const why =
      'the flow that has it is at work on it, or found no room on its disk to let others look: ask again, or make room';
    return unavailable(path, why, cause);
  },

  notOpened(path: string, cause: unknown): KafkaError {
    return unavailable(path, `${reasonOf(cause)}. It needs a local disk with room`, cause);
  },

  noRoom(path: string, cause: unknown): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool "${path}" cannot be written: ${reasonOf(cause)}. Make room on its disk. Until then nothing is kept in it; ` +
        'what it holds is delivered, and comes again if the process ends before there is room.',
      { cause },
    );
  },

  full(path: string, maxBytes: number): KafkaError {
    return new KafkaError(
      'SPOOL_FULL',
      `The spool "${path}" is full (settings.spool.maxBytes, ${maxBytes} bytes): the record was not kept. ` +
        'The cluster has been away or too slow for too long: bring it back, or raise maxBytes.',
    );
  },

  closed(path: string): KafkaError {
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool "${path}" closed before its disk had the record: the record was not kept. ` +
        'If it was open until then, look at its disk, which is slow.',
    );
  },

  failed(path: string, cause: unknown): KafkaError {
    const noRoom = reasonOf(cause).includes('disk is full') || reasonOf(cause).includes('ENOSPC');
    return new KafkaError(
      'SPOOL_FAILED',
      `The spool "${path}" could not keep the record: ${reasonOf(cause)}. ` +
        (noRoom ? 'Make room on its disk; ' : 'Check its disk and its folder; ') +
        'the next push tries again.',
      { cause },
    );
  },
};

function unavailable(path: string, why: string, cause?: unknown): KafkaError {
  return new KafkaError('SPOOL_UNAVAILABLE', `settings.spool.path "${path}" cannot be used: ${why}.`, {
    cause,
  });
}
