import ts from 'typescript';

/** What an editor underlines. */
export interface Underlined {
  /** From 0. */
  readonly line: number;
  readonly text: string;
}

/** What an editor knows of TypeScript files, by the compiler's language service. The files need not be on the disk. */
export class Editor {
  readonly #files: ReadonlyMap<string, string>;
  readonly #service: ts.LanguageService;

  /** @param files by absolute path */
  constructor(files: ReadonlyMap<string, string>, options: ts.CompilerOptions = {}) {
    this.#files = files;
    const settings: ts.CompilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2023 },
      ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      ...options,
    };
    const read = (path: string): string | undefined => files.get(path) ?? ts.sys.readFile(path);
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => settings,
      getScriptFileNames: () => [...files.keys()],
      getScriptVersion: () => '1',
      getScriptSnapshot: (path) => {
        const text = read(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => import.meta.dirname,
      getDefaultLibFileName: (chosen) => ts.getDefaultLibFilePath(chosen),
      fileExists: (path) => files.has(path) || ts.sys.fileExists(path),
      readFile: read,
      directoryExists: (path) => ts.sys.directoryExists(path),
      getDirectories: (path) => ts.sys.getDirectories(path),
      realpath: (path) => ts.sys.realpath?.(path) ?? path,
    });
  }

  underlined(path: string): Underlined[] {
    const text = this.#files.get(path) ?? '';
    const found = [
      ...this.#service.getSyntacticDiagnostics(path),
      ...this.#service.getSemanticDiagnostics(path),
    ];
    return found.map(({ start = 0, length = 0 }) => ({
      line: text.slice(0, start).split('\n').length - 1,
      text: text.slice(start, start + length),
    }));
  }

  /** What it shows of the name at this offset below its type: the doc comment, and its tags a line each. */
  hover(path: string, offset: number): string {
    const shown = this.#service.getQuickInfoAtPosition(path, offset);
    const tags = (shown?.tags ?? []).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
    return [ts.displayPartsToString(shown?.documentation), ...tags].join('\n');
  }
}
