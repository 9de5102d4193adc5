/** @throws where the text is longer than `mostBytes`; what is left of it is not read */
export async function boundedText(chunks: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    kept.push(chunk);
  }
  return Buffer.concat(kept).toString('utf8');
}
