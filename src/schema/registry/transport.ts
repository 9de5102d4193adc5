import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { boundedText } from '../../model/foreign.ts';
import { connectOptions, serverNameOf } from '../../transport/tls/options.ts';

/** One HTTP exchange, whatever its status. */
export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Ends everything, the body included. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** As sent: seconds, or a date. */
  readonly retryAfter: string | null;
  /** Where a redirect points to, as sent: whole, or from the URL of the question on. */
  readonly location: string | null;
  readonly text: string;
}

/** Rejects where there was no answer: no connection, none in time, or one that is too large. */
export type Transport = (question: Question) => Promise<Answer>;

/** Schemas are kilobytes; what is longer than this is no registry, and would only fill the memory. */
const mostBytes = 8 * 1024 * 1024;

/** Without certificates of the settings. */
export const plainTransport: Transport = (question) =>
  // "registry.example.com.": fetch asks for a server of that very name, dot and all, and no certificate has it.
  hasDot(question.url) ? ask(question, { servername: nameOf(question.url) }) : fetchTransport(question);

const fetchTransport: Transport = async ({ url, body, ...init }) => {
  // Not followed: a POST would become a GET, and what it finds is no answer to what was asked.
  const response = await fetch(url, { ...init, body: body ?? null, redirect: 'manual' });
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    retryAfter: response.headers.get('retry-after'),
    location: response.headers.get('location'),
    text: response.body === null ? '' : await boundedText(response.body, mostBytes),
  };
};

/** Node's fetch takes no certificates; its older client does. */
export function tlsTransport(tls: ConnectionOptions): Transport {
  const options = connectOptions(tls);
  // Node's own one would share connections with whoever has another certificate for the same address.
  const agent = new Agent({ keepAlive: true });
  return (question) =>
    question.url.startsWith('https:')
      ? ask(question, { servername: nameOf(question.url), ...options, agent })
      : fetchTransport(question);
}

function ask({ url, signal, body, method, headers }: Question, tls: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const asked = request(url, { ...tls, method, headers: { ...headers, ...length }, signal });
    asked.once('error', (failure) => reject(signal.aborted ? (signal.reason as Error) : failure));
    asked.once('response', (response: IncomingMessage) => {
      boundedText(response, mostBytes).then((text) => {
        const {
          'content-type': contentType = '',
          'retry-after': retryAfter = null,
          location = null,
        } = response.headers;
        resolve({ status: response.statusCode ?? 0, contentType, retryAfter, location, text });
      }, reject);
    });
    asked.end(body);
  });
}

function nameOf(url: string): string | undefined {
  return serverNameOf(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

function hasDot(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' && hostname.endsWith('.');
}
