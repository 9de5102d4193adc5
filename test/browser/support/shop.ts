import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

interface SentEvent {
  readonly id: string;
  readonly name: string;
  readonly user: { readonly session?: string; readonly id?: string };
}

export interface Shop {
  readonly page: Page;
  /** Every event that has left the page, once and in the order in which it first did. */
  readonly sent: readonly SentEvent[];
  /** The page's key. */
  session(): Promise<string>;
  /** Waits until the page was told that all its events are stored. */
  allStored(count: number, timeoutMs?: number): Promise<void>;
}

/** Opens the shop and notes what leaves it. */
export async function openShop(page: Page, origin: string): Promise<Shop> {
  const sent = new Map<string, SentEvent>();
  page.on('request', (request) => {
    if (!request.url().endsWith('/collect')) return;
    for (const event of request.postDataJSON() as SentEvent[])
      if (!sent.has(event.id)) sent.set(event.id, event);
  });
  await page.goto(origin);
  await page.getByText('Enamel kettle').waitFor();
  return {
    page,
    get sent() {
      return [...sent.values()];
    },
    session: () => page.locator('#key').innerText(),
    async allStored(count, timeoutMs = 60_000) {
      const told = async (): Promise<string[]> =>
        Promise.all(['#tally-stored', '#tally-all'].map((id) => page.locator(id).innerText()));
      await eventually(
        `${count} of ${count} are stored`,
        async () => (await told()).join() === `${count},${count}`,
        {
          timeoutMs,
        },
      );
    },
  };
}
