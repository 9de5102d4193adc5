import protobuf, { type NamespaceBase, type Root, type Type } from 'protobufjs';
import type { Compile } from '../format.ts';
import { framing } from '../framing.ts';
import { Messages } from './messages.ts';

/** Protobuf (2, 3, editions), parsed by protobufjs from `.proto` text. */
export const compileProtobuf: Compile = (text, { references = [], message } = {}) => {
  const root = new protobuf.Root();
  for (const { schema } of references) parse(schema, root);
  const own = parse(text, root);
  root.resolveAll();
  const { type, indexes } = message === undefined ? first(own) : find(own, message);
  const write = new Messages().of(type);
  return {
    name: type.fullName.slice(1),
    writer(schemaId) {
      const frame = framing(schemaId, indexes);
      return (value) => {
        const writer = protobuf.Writer.create();
        write(value, writer);
        return Buffer.concat([frame, writer.finish()]);
      };
    },
  };
};

interface File {
  /** The messages at its top, in their order: what other files have put into the same package does not count. */
  readonly messages: readonly Type[];
  readonly package: string;
}

function parse(text: string, root: Root): File {
  const before = new Set(messagesIn(root));
  const parsed = protobuf.parse(text, root, { keepCase: true });
  for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) provide(name, root);
  const own = parsed.package === undefined ? root : root.lookup(parsed.package);
  if (!(own instanceof protobuf.Namespace)) throw new Error(`its package "${parsed.package}" holds nothing`);
  return {
    messages: topMessages(own).filter((message) => !before.has(message)),
    package: parsed.package ?? '',
  };
}

/** Google's own files come with the library; what else a schema builds on is among its references. */
function provide(name: string, root: Root): void {
  const file = protobuf.common.get(name);
  if (file?.nested !== undefined) {
    const [example] = messagesIn(protobuf.Root.fromJSON(file));
    if (example !== undefined && root.lookup(example.fullName) === null) root.addJSON(file.nested);
  }
}

function messagesIn(namespace: NamespaceBase): Type[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Type) return [nested];
    return nested instanceof protobuf.Namespace ? messagesIn(nested) : [];
  });
}

const topMessages = (namespace: NamespaceBase): Type[] =>
  namespace.nestedArray.filter((nested) => nested instanceof protobuf.Type);

interface Found {
  readonly type: Type;
  /** Its place in the file, then that of each message in the one around it. */
  readonly indexes: readonly number[];
}

function first({ messages: [type] }: File): Found {
  if (type === undefined) throw new Error('it has no message');
  return { type, indexes: [0] };
}

/** @param name with or without the package, nested ones as `Outer.Inner` */
function find(file: File, name: string): Found {
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
