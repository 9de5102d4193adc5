import type { Callback, Reader, ResponseParser, Writer } from '@platformatic/kafka';
import { guardFrames, NotKafka } from '../../protocol/frames.ts';
import type { Library } from './library.ts';

/**
 * The library's connection, proof against answers that make no sense. Its own reads a length of -2 by going back, so that a
 * list can be read without end, and throws out of the socket's handler of 'data', which ends the process.
 */
export function guardedConnection(library: Library): Library['Connection'] {
  const BoundedReader = boundedReader(library);

  return class GuardedConnection extends library.Connection {
    override connect(host: string, port: number, callback?: Callback<void>): void | Promise<void> {
      const connecting = callback ? super.connect(host, port, callback) : super.connect(host, port);
      if (this.socket !== undefined) guardFrames(this.socket, { tls: 'encrypted' in this.socket });
      return connecting;
    }

    override send<Answer>(
      key: number,
      version: number,
      payload: () => Writer | Promise<Writer>,
      parser: ResponseParser<Answer>,
      requestTags: boolean,
      responseTags: boolean,
      callback: Callback<Answer>,
    ): void {
      super.send<Answer>(
        key,
        version,
        payload,
        (id, ofKey, ofVersion, reader) => parser(id, ofKey, ofVersion, new BoundedReader(reader.buffer)),
        requestTags,
        responseTags,
        (error, answer) => {
          // The library says only that the connection is closed.
          const reason = this.socket?.errored;
          callback(error !== null && reason instanceof NotKafka ? reason : error, answer);
        },
      );
    }
  };
}

/** Goes forward only, and to the end at most. What a count claims has to be there. */
function boundedReader(library: Library): new (buffer: Reader['buffer']) => Reader {
  return class BoundedReader extends library.Reader {
    override skip(length: number): this {
      this.#check(length >= 0 && this.position + length <= this.length);
      return super.skip(length);
    }

    override readNullableString(compact?: boolean, encoding?: BufferEncoding): string | null {
      return this.#forward(() => super.readNullableString(compact, encoding) ?? null);
    }

    override readNullableBytes(compact?: boolean): Buffer | null {
      return this.#forward(() => super.readNullableBytes(compact) ?? null);
    }

    override readVarIntBytes(): Buffer | null {
      return this.#forward(() => super.readVarIntBytes() ?? null);
    }

    override readNullableArray<Item>(
      read: (reader: Reader, index: number) => Item,
      compact?: boolean,
      tags?: boolean,
    ): Item[] | null {
      return super.readNullableArray(
        (_reader, index) => this.#forward(() => read(this, index)),
        compact,
        tags,
      );
    }

    override readVarIntArray<Item>(read: (reader: Reader, index: number) => Item): Item[] {
      return super.readVarIntArray((_reader, index) => this.#forward(() => read(this, index)));
    }

    #forward<Value>(read: () => Value): Value {
      const before = this.position;
      const value = read();
      this.#check(this.position > before && this.position <= this.length);
      return value;
    }

    #check(sound: boolean): void {
      if (!sound) throw new RangeError('a length in it is wrong');
    }
  };
}
