import ts from 'typescript';

/** An exported name, and what it stands for. */
export interface Export {
  readonly name: string;
  readonly symbol: ts.Symbol;
  /** Of a namespace: the `export * as` that makes it. */
  readonly declaration: ts.Declaration;
}

/** What a module or a namespace exports, in the order in which it does. */
export function exportsOf(checker: ts.TypeChecker, module: ts.Symbol): Export[] {
  return checker.getExportsOfModule(module).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    return exportOf(exported.name, symbol, isNamespace(symbol) ? exported : symbol);
  });
}

/** @param declared the symbol that holds the declaration */
export function exportOf(name: string, symbol: ts.Symbol, declared = symbol): Export {
  const declaration = declared.declarations?.[0];
  if (!declaration) throw new Error(`scripts/docs/api: ${name} is declared nowhere`);
  return { name, symbol, declaration };
}

export const isNamespace = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.Module) !== 0;
