import { scriptedServer, type Asked } from './scripted-http.ts';

export interface RegistryProxy {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

interface ProxyOptions {
  /** Who may ask; all others are answered 401. Default: everybody. */
  readonly allows?: (headers: Asked['headers']) => boolean;
  /** As a registry of 8.0 or later: each schema has a GUID, and can be asked for by it. Default: it has none, as before. */
  readonly guids?: boolean;
}

/** In front of a real registry, what it does not have itself: a login, and GUIDs. */
export async function registryProxy(
  registry: string,
  { allows = () => true, guids = false }: ProxyOptions,
): Promise<RegistryProxy> {
  return scriptedServer(async ({ method, path, headers, body }) => {
    if (!allows(headers)) return { status: 401, body: { error_code: 401, message: 'Unauthorized' } };
    const [, guid] = /^\/schemas\/guids\/([0-9a-f-]{36})/.exec(path) ?? [];
    const asked = guids && guid !== undefined ? `/schemas/ids/${idOf(guid)}` : path;
    const response = await fetch(registry + asked, {
      method,
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      ...(body !== '' && { body }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    const hasId = typeof answer === 'object' && answer !== null && 'id' in answer;
    if (!guids || !hasId) return { status: response.status, body: text };
    return { status: response.status, body: { ...answer, guid: guidOf(Number(answer.id)) } };
  });
}

const head = '6f9619ff-8b86-4d01-b42d-';

/** The GUID that the schema of an id has there. */
export function guidOf(id: number): string {
  return head + id.toString(16).padStart(12, '0');
}

function idOf(guid: string): number {
  return guid.startsWith(head) ? parseInt(guid.slice(head.length), 16) : -1;
}
