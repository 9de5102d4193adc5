import type { Part } from '../row.ts'; export const batch: Part = { title: '', method: '', events: 1, quickEvents: 1, columns: [], rows: [], targets: [] };
