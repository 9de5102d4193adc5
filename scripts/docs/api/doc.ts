import ts from 'typescript';
import { isNamespace, type Export } from './export.ts';

/** The doc text of a name in Markdown, its tags after it. */
export function docText(
  checker: ts.TypeChecker,
  { symbol, declaration }: Pick<Export, 'symbol' | 'declaration'>,
): string {
  if (isNamespace(symbol)) {
    const statement = ts.findAncestor(declaration, ts.isExportDeclaration);
    const [comment] = statement ? ts.getJSDocCommentsAndTags(statement) : [];
    return ts.getTextOfJSDocComment(comment?.comment) ?? '';
  }
  const tags = symbol.getJsDocTags(checker);
  return [
    ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    ...tags.map(({ name, text }) => tagText(name, ts.displayPartsToString(text))),
  ].join('\n\n');
}

function tagText(tag: string, text: string): string {
  switch (tag) {
    case 'param':
      return text.replace(/^(\S+)\s+/, '`$1`: ');
    case 'returns':
      return `Returns ${text}.`;
    case 'throws':
      return `Throws ${text}.`;
    case 'example':
      return `\`\`\`ts\n${text.trim()}\n\`\`\``;
    default:
      throw new Error(`scripts/docs/api/doc.ts does not know @${tag}`);
  }
}
