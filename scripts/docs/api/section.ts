import ts from 'typescript';
import { docText } from './doc.ts';
import type { Export } from './export.ts';
import { signatureOf } from './signature.ts';

/**
 * One name: heading, signature, doc text, and that of its methods.
 * @throws Error where it has no doc text
 */
export function sectionOf(checker: ts.TypeChecker, each: Export): string {
  const { name, declaration } = each;
  const text = docText(checker, each);
  if (text === '') throw new Error(`"${name}" has no doc text`);
  const signature = `\`\`\`ts\n${signatureOf(checker, each)}\n\`\`\``;
  return [`### \`${name}\``, signature, text, ...methods(checker, name, declaration)].join('\n\n');
}

/** The documented methods of an exported object. */
function methods(checker: ts.TypeChecker, name: string, declaration: ts.Declaration): string[] {
  const value = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  if (!value || !ts.isObjectLiteralExpression(value)) return [];
  return value.properties.filter(ts.isMethodDeclaration).map((method) => {
    const symbol = checker.getSymbolAtLocation(method.name);
    const text = symbol ? docText(checker, { symbol, declaration: method }) : '';
    const parameters = method.parameters.map(({ name }) => (ts.isIdentifier(name) ? name.text : 'context'));
    return `#### \`${name}.${method.name.getText()}(${parameters.join(', ')})\`\n\n${text}`;
  });
}
