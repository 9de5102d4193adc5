import ts from 'typescript';
import { exportOf, exportsOf, isNamespace, type Export } from './export.ts';

/** The types of our own that exported ones mention, and those that these mention, but for exported ones. */
export function unexported(checker: ts.TypeChecker, exported: readonly Export[], source: string): Export[] {
  const known = new Set(exported.map(({ symbol }) => symbol));
  const found: Export[] = [];
  const visit = (node: ts.Node): void => {
    // What an indexed type comes to is written out.
    if (ts.isIndexedAccessTypeNode(node) || ts.isBlock(node)) return;
    if (ts.isTypeReferenceNode(node)) note(node.typeName);
    ts.forEachChild(node, visit);
  };
  const note = (name: ts.EntityName): void => {
    const local = checker.getSymbolAtLocation(name);
    const symbol = local && local.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(local) : local;
    const [declaration] = symbol?.declarations ?? [];
    if (!symbol || !declaration?.getSourceFile().fileName.startsWith(source) || known.has(symbol)) return;
    known.add(symbol);
    found.push(exportOf(symbol.name, symbol));
    visit(declaration);
  };
  for (const each of exported) {
    const inner = isNamespace(each.symbol) ? exportsOf(checker, each.symbol) : [each];
    for (const { symbol } of inner) known.add(symbol);
    for (const { declaration } of inner) visit(signaturePart(declaration));
  }
  return found;
}

/** Without the value of a constant, which no signature shows. */
function signaturePart(declaration: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(declaration) ? (declaration.type ?? declaration.name) : declaration;
}
