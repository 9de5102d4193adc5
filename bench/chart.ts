import type { Conditions } from './machine.ts';
import type { RowSummary } from './verdict.ts';

const width = 760;
const left = 200;
const right = 90;
const barHeight = 20;
const pitch = 30;
const top = 58;

/** Horizontal bars of events per second in a flow. Readable on a light page and on a dark one. */
export function chartOf(rows: readonly RowSummary[], { cores, cpu, node, date }: Conditions): string {
  const measured = rows.flatMap(({ name, median: { rate } }) => (rate === undefined ? [] : [{ name, rate }]));
  const longest = Math.max(...measured.map(({ rate }) => rate));
  const height = top + measured.length * pitch + 34;
  const bars = measured.map(({ name, rate }, index) => {
    const y = top + index * pitch;
    const length = Math.round(((width - left - right) * rate) / longest);
    const middle = y + barHeight / 2;
    return [
      `  <text x="${left - 10}" y="${middle}" text-anchor="end">${escape(name)}</text>`,
      `  <rect class="${kindOf(name)}" x="${left}" y="${y}" width="${Math.max(length, 2)}" height="${barHeight}" rx="3"/>`,
      `  <text class="figure" x="${left + length + 8}" y="${middle}">${Math.round(rate).toLocaleString('en-US')}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
  <title id="title">Events per second through a walkerOS flow</title>
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328; dominant-baseline: central; }
    .heading { font-size: 16px; font-weight: 600; }
    .figure { font-variant-numeric: tabular-nums; }
    .small { font-size: 11px; fill: #59636e; }
    .ours { fill: #1a7f64; }
    .peer { fill: #b35900; }
    .sink { fill: #8c959f; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .small { fill: #9198a1; }
      .ours { fill: #2fb592; }
      .peer { fill: #e08a3c; }
      .sink { fill: #6e7681; }
    }
  </style>
  <text class="heading" x="16" y="20">Events per second through a walkerOS flow</text>
  <text class="small" x="16" y="40">1,000 pushes in flight, every event acknowledged by all in-sync replicas; sinks: no Kafka at all</text>
${bars.join('\n')}
  <text class="small" x="16" y="${height - 16}">${escape(`${date}; ${cores} cores, shared with the broker (${cpu}); Node ${node}`)}</text>
</svg>
`;
}

function kindOf(name: string): 'ours' | 'peer' | 'sink' {
  if (name.startsWith('ours')) return 'ours';
  return name.startsWith('sink') ? 'sink' : 'peer';
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
