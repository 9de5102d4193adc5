import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What a request gets back. Objects are sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | { readonly ok: boolean; readonly [field: string]: unknown };
}

/** Thrown where a request cannot go on; becomes an answer with its message as the reason. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    reason: string,
    headers: OutgoingHttpHeaders = {},
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(reason);
    this.status = status;
    this.headers = headers;
    this.details = details;
  }

  answer(): Answer {
    return {
      status: this.status,
      headers: this.headers,
      body: { ok: false, error: this.message, ...this.details },
    };
  }
}

/** Sends an answer; resolves when the last byte is with the operating system, or the client has gone. */
export async function send(response: ServerResponse, answer: Answer, withBody: boolean): Promise<void> {
  if (response.destroyed || response.headersSent) return;
  const closed = new Promise((resolve) => response.once('close', resolve));
  const { body } = answer;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(answer.status, {
    ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
    ...answer.headers,
  });
  response.end(withBody ? bytes : undefined);
  await closed;
}
