import type { Part } from './row.ts';

/** Loaded by need, so that a row's process holds only what its own part imports. */
export const parts = {
  flow: async () => (await import('./rows/flow.ts')).flow,
  batch: async () => (await import('./rows/batch.ts')).batch,
  engine: async () => (await import('./rows/engine.ts')).engine,
  spool: async () => (await import('./rows/spool.ts')).spool,
  latency: async () => (await import('./rows/latency.ts')).latency,
  smooth: async () => (await import('./rows/smooth.ts')).smooth,
  telemetry: async () => (await import('./rows/telemetry.ts')).telemetry,
  health: async () => (await import('./rows/health.ts')).health,
  memory: async () => (await import('./rows/memory.ts')).memory,
  encoding: async () => (await import('./rows/encoding.ts')).encoding,
  heap: async () => (await import('./rows/heap.ts')).heap,
} as const satisfies Record<string, () => Promise<Part>>;

export type PartName = keyof typeof parts;

export const partNames = Object.keys(parts).filter(isPartName);

export function isPartName(name: string): name is PartName {
  return name in parts;
}
