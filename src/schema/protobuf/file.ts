import protobuf, { type INamespace, type NamespaceBase, type Root, type Type } from 'protobufjs';
import descriptor from 'protobufjs/google/protobuf/descriptor.json' with { type: 'json' };
import type { SchemaReference } from '../../model/schema.ts';

// Custom options extend these messages. The library ships the file, and does not register it by itself.
protobuf.common('google/protobuf/descriptor.proto', descriptor);

/** One `.proto` text. */
export interface File {
  /** The messages at its top, in their order: what other files have put into the same package does not count. */
  readonly messages: readonly Type[];
  readonly package: string;
}

/** @throws Error that says why the text is no schema */
export function parse(text: string, references: readonly SchemaReference[]): File {
  const root = new protobuf.Root();
  for (const { name, schema } of references) if (googles(name) === undefined) parseInto(root, schema);
  const file = parseInto(root, text);
  root.resolveAll();
  return file;
}

/** The text of a `.proto` file always has a space, base64 has none. */
const base64 = /^[A-Za-z0-9+/]{4,}={0,2}$/;

function parseInto(root: Root, text: string): File {
  if (base64.test(text.trim())) {
    throw new Error(
      'it is a compiled descriptor in base64, and only the text of a .proto file is read: register it as that',
    );
  }
  const before = new Set(messagesIn(root));
  const parsed = protobuf.parse(text, root, { keepCase: true });
  for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) provide(name, root);
  const namespace = parsed.package === undefined ? root : root.lookup(parsed.package);
  if (!(namespace instanceof protobuf.Namespace))
    throw new Error(`its package "${parsed.package}" holds nothing`);
  return {
    messages: topMessages(namespace).filter((message) => !before.has(message)),
    package: parsed.package ?? '',
  };
}

/** Google's own files are added by name; everything else that a schema imports is among its references. */
function provide(name: string, root: Root): void {
  const file = googles(name);
  if (file?.nested !== undefined) {
    const [example] = messagesIn(protobuf.Root.fromJSON(file));
    if (example !== undefined && root.lookup(example.fullName) === null) root.addJSON(file.nested);
  }
}

/** Google's own files come with the library. A registry may list them, too: parsed twice they would clash. */
function googles(name: string): INamespace | undefined {
  return protobuf.common.get(name) ?? undefined;
}

function messagesIn(namespace: NamespaceBase): Type[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Type) return [nested];
    return nested instanceof protobuf.Namespace ? messagesIn(nested) : [];
  });
}

const topMessages = (namespace: NamespaceBase): Type[] =>
  namespace.nestedArray.filter((nested) => nested instanceof protobuf.Type);

export interface Found {
  readonly type: Type;
  /** Its place in the file, then that of each message in the one around it. */
  readonly indexes: readonly number[];
}

export function first({ messages: [type] }: File): Found {
  if (type === undefined) throw new Error('it has no message');
  return { type, indexes: [0] };
}

/** @param name with or without the package, nested ones as `Outer.Inner` */
export function find(file: File, name: string): Found {
  const bare =
    file.package !== '' && name.startsWith(`${file.package}.`) ? name.slice(file.package.length + 1) : name;
  const indexes: number[] = [];
  let here = file.messages;
  let type: Type | undefined;
  for (const step of bare.split('.')) {
    const index = here.findIndex((message) => message.name === step);
    type = here[index];
    if (type === undefined) throw new Error(`it has no message "${name}"`);
    indexes.push(index);
    here = topMessages(type);
  }
  if (type === undefined) throw new Error(`it has no message "${name}"`);
  return { type, indexes };
}

/** The message at a place, and its name as `find` takes it. */
export function at({ messages }: File, indexes: readonly number[]): { type: Type; name: string } {
  const names: string[] = [];
  let here = messages;
  let type: Type | undefined;
  for (const index of indexes) {
    type = here[index];
    if (type === undefined) break;
    names.push(type.name);
    here = topMessages(type);
  }
  if (type === undefined)
    throw new Error(`it names message [${indexes.join(', ')}], and the schema has none there`);
  return { type, name: names.join('.') };
}
