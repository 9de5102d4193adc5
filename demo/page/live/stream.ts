import type { Hello, LogLine, Second, Tick } from '../../live/message.ts';

export interface StreamHandlers {
  readonly hello: (hello: Hello) => void;
  readonly tick: (tick: Tick) => void;
  readonly second: (second: Second) => void;
  readonly log: (line: LogLine) => void;
  /** The server has gone; the browser goes on trying. */
  readonly away: () => void;
}

/** Listens to the server for as long as the page lives. */
export function listen(handlers: StreamHandlers): void {
  const source = new EventSource('/live/stream');
  const on = <Message>(name: string, handler: (message: Message) => void): void =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => handler(JSON.parse(data) as Message));
  on('hello', handlers.hello);
  on('tick', handlers.tick);
  on('second', handlers.second);
  on('log', handlers.log);
  source.addEventListener('error', handlers.away);
}
