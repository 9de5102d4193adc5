import { Script } from 'node:vm';

/** Marks code in a flow file. A bundle of `walkeros` holds it compiled; who reads the file has it as text. */
export const codePrefix = '$code:';

/** Code of the configuration that does not run. Its message quotes nothing of it. */
export class CodeFault extends Error {
  override readonly name = 'CodeFault';
}

/**
 * The value of `$code:…`.
 * @param path where it stands, for messages
 * @throws CodeFault
 */
export function runCode(text: string, path: string): unknown {
  try {
    return new Script(`(${text.slice(codePrefix.length)})`, { filename: codePrefix }).runInThisContext();
  } catch (thrown) {
    // V8's own message would quote the code.
    const { name, stack = '' } = thrown instanceof Error ? thrown : new Error();
    const line = /\$code::(\d+)/.exec(stack)?.[1] ?? '1';
    throw new CodeFault(`${path}: its ${codePrefix} does not run (${name} in line ${line})`);
  }
}
