import type { Inspector } from '../inspector.ts';
import type { ClientOptions } from '../port.ts';
import type { Bookmarks, Reader } from '../reader.ts';
import { Cluster } from '../cluster.ts';
import { PlatformaticBookmarks } from './bookmarks.ts';
import { Conversation } from './conversation.ts';
import { PlatformaticInspector } from './inspector.ts';
import { loadLibrary } from './library.ts';
import { PlatformaticReader } from './reader.ts';
import { PlatformaticWire } from './wire.ts';

/** What the commands need beside the client. Always with this library: kafkajs has no public way to do the same. */
export async function loadPlatformaticReader(): Promise<
  (options: ClientOptions) => { readonly reader: Reader; readonly bookmarks: Bookmarks }
> {
  const library = await loadLibrary();
  return (options) => {
    const wire = new PlatformaticWire(library, options);
    const brokers = new Conversation(wire, options);
    return {
      reader: new PlatformaticReader(wire, brokers, new Cluster(wire, options)),
      bookmarks: new PlatformaticBookmarks(library, brokers),
    };
  };
}

export async function loadPlatformaticInspector(): Promise<(options: ClientOptions) => Inspector> {
  const library = await loadLibrary();
  return (options) => {
    const wire = new PlatformaticWire(library, options);
    return new PlatformaticInspector(library, wire, new Conversation(wire, options));
  };
}
