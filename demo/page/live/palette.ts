import { isDark } from '../dark.ts';
import { hueOf } from '../key-colour.ts';

/** The page's colours, for canvases. */
export interface Palette {
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly accent: string;
  readonly amber: string;
  readonly red: string;
  /** Of a record with that key. */
  key(key: string | null): string;
}

const names = ['ink', 'soft', 'line', 'accent', 'amber', 'red'] as const;
type Name = (typeof names)[number];

/** Gives the palette of the moment, and calls back when it changes: by the toggle or by the system. */
export function watchPalette(onChange: () => void): () => Palette {
  let palette = read();
  const update = (): void => {
    palette = read();
    onChange();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', update);
  new MutationObserver(update).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => palette;
}

function read(): Palette {
  // Custom properties come back as written, light-dark() and all; as a colour of an element they are resolved.
  const probe = document.createElement('i');
  document.body.append(probe);
  const colour = (name: Name): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [ink, soft, line, accent, amber, red] = names.map(colour) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  probe.remove();
  const dark = isDark();
  const byHue = new Map<number, string>();
  const keyColour = (key: string | null): string => {
    const hue = hueOf(key);
    const known = byHue.get(hue) ?? `oklch(${dark ? 76 : 56}% ${dark ? 0.13 : 0.15} ${hue})`;
    byHue.set(hue, known);
    return known;
  };
  return { ink, soft, line, accent, amber, red, key: keyColour };
}
