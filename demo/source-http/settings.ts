import { FatalError } from '@walkeros/core';

/** What a flow may write under `sources.<id>.config.settings`. */
export interface InitSettings {
  /**
   * Port to listen on, 0 for a free one. Left out, the source opens no server and its `httpHandler` is mounted
   * by the host: `walkeros run` does so on its own port, and overwrites this setting with undefined.
   */
  port?: number | undefined;
  /** Address to listen on. Default 127.0.0.1: a demo is not for the network. */
  host?: string;
  /** Where events are posted. Default /collect. */
  path?: string;
  /** True lets pages of any origin post events. Default false. */
  cors?: boolean;
  /** Folder of static files to serve beside the events, for example a page that sends them. */
  static?: string;
  /** Largest body accepted, in bytes. Default 1 MiB. */
  maxBodyBytes?: number;
}

export interface Settings {
  readonly port: number | undefined;
  readonly host: string;
  readonly path: string;
  readonly cors: boolean;
  readonly static: string | undefined;
  readonly maxBodyBytes: number;
}

/** @throws FatalError, the only error that the collector passes on to whoever starts the flow. */
export function resolveSettings(input: InitSettings): Settings {
  const {
    port,
    host = '127.0.0.1',
    path = '/collect',
    cors = false,
    static: folder,
    maxBodyBytes = 1024 * 1024,
  } = input;
  const wrong = [
    port === undefined || isWhole(port, 0, 65535) ? '' : 'port must be a whole number from 0 to 65535',
    typeof host === 'string' && host !== '' ? '' : 'host must be a host name or address',
    typeof path === 'string' && path.startsWith('/') ? '' : 'path must start with "/"',
    typeof cors === 'boolean' ? '' : 'cors must be true or false',
    folder === undefined || (typeof folder === 'string' && folder !== '') ? '' : 'static must be a folder',
    isWhole(maxBodyBytes, 1, 2 ** 30) ? '' : 'maxBodyBytes must be a whole number of bytes, at most 1 GiB',
  ].filter((reason) => reason !== '');
  if (wrong.length > 0) throw new FatalError(`HTTP source: invalid settings: ${wrong.join('; ')}`);
  return { port, host, path, cors, static: folder, maxBodyBytes };
}

function isWhole(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
}
