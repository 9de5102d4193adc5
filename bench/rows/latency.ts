import type { Part } from '../row.ts'; export const latency: Part = { title: '', method: '', events: 1, quickEvents: 1, columns: [], rows: [], targets: [] };
