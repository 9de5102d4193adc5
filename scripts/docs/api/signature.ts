import ts from 'typescript';
import { exportsOf, isNamespace, type Export } from './export.ts';

const whole =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.InTypeAlias;

/** What a name is, as its `.d.ts` would say it; prettier lays it out. */
export function signatureOf(checker: ts.TypeChecker, { name, symbol, declaration }: Export): string {
  if (isNamespace(symbol)) {
    const inner = exportsOf(checker, symbol).map(
      (each) => `${commentOf(each.declaration)}${signatureOf(checker, each).replace(/^declare /, '')}`,
    );
    return `declare namespace ${name} {\n${inner.join('\n\n')}\n}`;
  }
  if (ts.isFunctionDeclaration(declaration)) {
    const head = declaration.getText().replace(declaration.body?.getText() ?? '', '');
    return `${head.replace('export ', 'declare ').trim()};`;
  }
  if (ts.isVariableDeclaration(declaration)) {
    const type = checker.typeToString(checker.getTypeOfSymbol(symbol), declaration, whole);
    return `declare const ${name}: ${declaration.type?.getText() ?? type};`;
  }
  if (ts.isTypeAliasDeclaration(declaration)) {
    const { type } = declaration;
    return `type ${name} = ${ts.isTypeLiteralNode(type) ? settingsText(type) : typeText(checker, type)};`;
  }
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
    const kind = ts.isClassDeclaration(declaration) ? 'declare class' : 'interface';
    const heritage = declaration.heritageClauses?.map((clause) => `${clause.getText()} `).join('') ?? '';
    const members = declaration.members.map((member) => memberText(checker, member));
    return `${kind} ${name} ${heritage}{\n${members.join('\n')}\n}`;
  }
  throw new Error(`scripts/docs/api/signature.ts does not know how to show ${name}`);
}

/** A member with its doc comment, without its body. */
function memberText(checker: ts.TypeChecker, member: ts.ClassElement | ts.TypeElement): string {
  if (ts.isConstructorDeclaration(member)) {
    const parameters = member.parameters.map(({ name, type, initializer }) =>
      type ? `${name.getText()}${initializer ? '?' : ''}: ${typeText(checker, type)}` : name.getText(),
    );
    return `${commentOf(member)}constructor(${parameters.join(', ')});`;
  }
  if (!ts.isPropertySignature(member) && !ts.isPropertyDeclaration(member))
    throw new Error(`scripts/docs/api/signature.ts does not know how to show ${member.getText()}`);
  const readonly = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Readonly ? 'readonly ' : '';
  const type = member.type
    ? typeText(checker, member.type)
    : checker.typeToString(checker.getTypeAtLocation(member));
  return `${commentOf(member)}${readonly}${member.name.getText()}${member.questionToken ? '?' : ''}: ${type};`;
}

/** As it stands in the source; written out where the source only says where to look, as for types of the schemas. */
function typeText(checker: ts.TypeChecker, node: ts.TypeNode): string {
  if (!refersToCode(node)) return node.getText();
  return withoutUndefined(checker.typeToString(checker.getTypeFromTypeNode(node), node, whole));
}

/** Settings, without their comments: docs/settings.md has what they say. */
function settingsText(node: ts.TypeLiteralNode): string {
  const printer = ts.createPrinter({ removeComments: true });
  return withoutUndefined(printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()));
}

/** Only optional properties have it there, which say so already. */
const withoutUndefined = (text: string): string => text.replaceAll(' | undefined', '');

function refersToCode(node: ts.Node): boolean {
  if (ts.isIndexedAccessTypeNode(node) || ts.isTypeQueryNode(node)) return true;
  return ts.forEachChild(node, refersToCode) ?? false;
}

/** The doc comment as it stands in the source. */
function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node);
  return comment ? `${comment.getText()}\n` : '';
}
