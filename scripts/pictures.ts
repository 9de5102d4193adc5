/**
 * `npm run pictures`: the pictures of docs/, taken of the demo itself. A person's way through the shop, traffic, an outage
 * with clicks going on, and the recovery; in light and dark, at a desk and on a phone.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, skip } from '../test/browser/support/browser.ts';
import { spawnDemo } from '../test/support/demo-process.ts';
import { eventually } from '../test/support/eventually.ts';

if (skip !== false) throw new Error(skip);
const folder = join(import.meta.dirname, '..', 'docs', 'images');
mkdirSync(folder, { recursive: true });

/** Larger, and reading the docs would take longer than running the demo. Bytes. */
const largest = 150_000;
const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

const demo = spawnDemo({ KAFKA_BROKERS: '' }, '--port', '0', '--no-open');
const browser = await openBrowser();
try {
  const origin = await demo.origin();
  const live = await open(browser, `${origin}/live`, 'light');
  const shop = live.frameLocator('iframe');
  await shop.getByText('Enamel kettle').waitFor();

  await picture(await open(browser, origin, 'light'), 'shop-consent');
  await picture(await open(browser, `${origin}/product/teapot`, 'dark'), 'shop-dark');
  await picture(await open(browser, origin, 'light', phone), 'shop-phone');

  await shop.locator('#consent-yes').click();
  for (const product of ['kettle', 'cup', 'assam']) {
    await shop.locator(`a[href="/product/${product}"]`).click();
    await sleep(1500);
    await shop.locator('[data-add]').click();
    await sleep(1300);
    await shop.locator('.brand').click();
    await sleep(800);
  }
  await shop.locator('.basket-link').click();
  await sleep(1200);
  await shop.locator('a[href="/checkout"]').click();
  await sleep(1200);
  await shop.locator('#pay').click();
  await sleep(1500);
  await picture(live, 'live');

  const dark = await open(browser, `${origin}/live`, 'dark');
  const small = await open(browser, `${origin}/live`, 'dark', phone);
  await live.click('[data-rate="1000"]');
  await sleep(12_000);
  await picture(dark, 'live-dark');
  await picture(small, 'live-phone');
  await live.click('[data-rate="0"]');
  await sleep(1500);

  await shop.locator('.brand').click();
  await shop.locator('a[href="/product/tray"]').click();
  await live.click('[data-rate="100"]');
  await sleep(4000);
  await live.click('#stop-broker');
  await live.getByText('broker is stopped', { exact: true }).waitFor({ timeout: 60_000 });
  for (let clicks = 0; clicks < 8; clicks++) {
    await shop.locator('[data-add]').click();
    await sleep(1000);
  }
  await picture(live, 'outage');
  await live.click('#start-broker');
  await live.getByText('broker runs', { exact: true }).waitFor({ timeout: 60_000 });
  await eventually(
    'what waited is in Kafka',
    async () => Number(await live.locator('#waiting').innerText()) < 50,
    {
      timeoutMs: 60_000,
    },
  );
  await sleep(2500);
  await picture(live, 'recovery');
  await live.click('[data-rate="0"]');
  await live.click('#oversize');
  await live.locator('tr[data-dead] button').first().click();
  await live.getByRole('dialog').getByText('MESSAGE_TOO_LARGE', { exact: true }).waitFor();
  await picture(live, 'dead-letter');
} finally {
  await browser.close();
  demo.signal('SIGINT');
  await demo.exitCode();
}

async function open(
  from: Browser,
  url: string,
  colorScheme: 'light' | 'dark',
  viewport: { readonly width: number; readonly height: number } = desk,
): Promise<Page> {
  const page = await (await from.newContext({ colorScheme, viewport })).newPage();
  await page.goto(url);
  await sleep(1500);
  return page;
}

/** As WebP, made by the browser itself: a tenth of a PNG. */
async function picture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await session.detach();
  const file = join(folder, `${name}.webp`);
  writeFileSync(file, Buffer.from(data, 'base64'));
  const { size } = statSync(file);
  console.log(`docs/images/${name}.webp  ${Math.round(size / 1000)} KB`);
  if (size > largest) throw new Error(`${file} is larger than ${largest} bytes`);
}
