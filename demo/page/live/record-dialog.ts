import type { Landed, Track, WholeRecord } from '../../live/message.ts';
import { byId, html, make, onClick, setText } from '../element.ts';

type Answer =
  { readonly ok: true; readonly record: WholeRecord } | { readonly ok: false; readonly error: string };

/** One record in full: everything that Kafka keeps of it. */
export function recordDialog(): (record: Landed, track: Track) => void {
  const dialog = byId('record', HTMLDialogElement);
  onClick('record-close', () => dialog.close());
  dialog.addEventListener('click', ({ target }) => {
    // The backdrop is the dialog itself; what is in it are its children.
    if (target === dialog) dialog.close();
  });

  return ({ offset, name }, { topic, partition }) => {
    setText(html('record-title'), name);
    show({ 'topic, partition': `${topic}, ${partition}`, offset: String(offset) }, []);
    setText(html('record-size'), '');
    setText(html('record-value'), '');
    dialog.showModal();
    void fetch(`/live/record?topic=${topic}&partition=${partition}&offset=${offset}`)
      .then((response) => response.json() as Promise<Answer>)
      .then((answer) => {
        if (!answer.ok) setText(html('record-value'), answer.error);
        else showWhole(answer.record);
      });
  };
}

function showWhole({
  topic,
  partition,
  offset,
  timestamp,
  key,
  headers,
  value,
  valueBytes,
}: WholeRecord): void {
  const time = new Date(timestamp);
  show(
    {
      'topic, partition': `${topic}, ${partition}`,
      offset: String(offset),
      key: key ?? 'null',
      timestamp: Number.isNaN(time.valueOf()) ? String(timestamp) : time.toISOString(),
    },
    headers,
  );
  setText(html('record-size'), `${valueBytes.toLocaleString('en')} bytes`);
  html('record-value').replaceChildren(...coloured(pretty(value ?? 'null')));
}

function show(fields: Readonly<Record<string, string>>, headers: WholeRecord['headers']): void {
  html('record-fields').replaceChildren(...Object.entries(fields).map(([name, value]) => line(name, value)));
  html('record-headers').replaceChildren(...headers.map(([name, value]) => line(name, value ?? 'null')));
}

function line(name: string, value: string): HTMLElement {
  const pair = make('div');
  pair.append(make('dt', '', name), make('dd', '', value));
  return pair;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Beyond this many characters colours cost more than they tell. */
const most = 20_000;

function coloured(text: string): (Node | string)[] {
  if (text.length > most) return [text];
  const parts: (Node | string)[] = [];
  let done = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(:)?/g)) {
    parts.push(text.slice(done, match.index));
    parts.push(make('span', match[1] === undefined ? 'text' : 'name', match[0].replace(/:$/, '')));
    if (match[1] !== undefined) parts.push(':');
    done = match.index + match[0].length;
  }
  return [...parts, text.slice(done)];
}
