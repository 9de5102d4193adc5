/** Keeps a copy of all that this process prints from now on, warnings of Node included. */
export function captureOutput(): { text(): string } {
  const kept: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      return write(chunk, ...rest);
    };
  }
  return { text: () => kept.join('') };
}
