import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { openBrowser, skip } from './support/browser.ts';
import { openStage, type Stage } from './support/stage.ts';
import { traceMainThread, watchLayout } from './support/trace.ts';

describe('live view', () => {
  let stage: Stage;
  let browser: Browser;
  before(async () => {
    if (skip !== false) return;
    [stage, browser] = await Promise.all([openStage(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });

  async function openLive(): Promise<{ page: Page; shift: () => Promise<number> }> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const shift = await watchLayout(page);
    await page.goto(`${stage.origin}/live`);
    await page.getByText('broker runs', { exact: true }).waitFor();
    await page.frameLocator('iframe').getByText('Enamel kettle').waitFor();
    return { page, shift };
  }

  const text = async (page: Page, id: string): Promise<number> =>
    Number((await page.locator(`#${id}`).innerText()).replaceAll(',', ''));

  it('runs smoothly at 5,000 records a second: nothing moves, no task is long', { skip }, async (t) => {
    const { page, shift } = await openLive();
    stage.play(5000);
    await eventually('it is at full speed', async () => (await text(page, 'rate')) > 4000, {
      timeoutMs: 30_000,
    });
    const settled = await shift();
    const { tasks, longest, costliest } = await traceMainThread(browser, page, () => sleep(6000));
    const moved = (await shift()) - settled;
    const rate = await text(page, 'rate');
    stage.play(0);
    t.diagnostic(
      `${rate} records/s, ${tasks} tasks, the longest ${longest.toFixed(1)} ms (${costliest.toFixed(1)} ms of processor time), ` +
        `layout shift ${moved} while streaming, ${settled} while loading`,
    );
    assert.ok(tasks > 100, `the trace has only ${tasks} tasks`);
    assert.ok(rate > 4000, `${rate} records/s`);
    assert.equal(moved, 0);
    assert.ok(settled < 0.01, `layout shift ${settled} while loading`);
    // The processor's time, not the clock's: on a busy machine every task waits for others.
    assert.ok(costliest < 100, `a task took ${costliest} ms of processor time`);
    assert.match(
      await page.locator('#sampling').innerText(),
      /^Drawn: [\d,]+ of [\d,]+ a second; counts are exact\.$/,
    );
    await page.close();
  });

  it('shows each record of a quiet topic, filters, and opens one, by keyboard too', { skip }, async () => {
    const { page } = await openLive();
    const headers = [['run', Buffer.from('stage')]] as const;
    const value = Buffer.from('{"event":"order complete","order_id":"o-1","total":39.5}');
    stage.land({ topic: 'demo-orders', partition: 2, offset: 41, key: Buffer.from('o-1'), value, headers });
    stage.land({ topic: 'demo-dead-letters', partition: 0, offset: 3 });
    const rows = page.locator('#rows tr:has(button:enabled)');
    await page.getByLabel('Topic').selectOption('demo-orders');
    await eventually('one row is left', async () => (await rows.count()) === 1);
    assert.match(await rows.innerText(), /^order complete\s+o-1\s+demo-orders, 2\s+41\s+\d+ ms$/);

    await page.getByLabel('Key').fill('nobody');
    await eventually('no row is left', async () => (await rows.count()) === 0);
    await page.getByLabel('Key').fill('');
    await page.getByRole('button', { name: 'order complete' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('"order_id"').waitFor();
    const shown = await dialog.innerText();
    for (const part of ['demo-orders, 2', '41', 'o-1', 'run', 'stage', '56 bytes', '"total": 39.5']) {
      assert.ok(shown.includes(part), `${part} is not in ${shown}`);
    }
    await page.keyboard.press('Escape');
    assert.equal(await dialog.isVisible(), false);

    await page.getByLabel('Topic').selectOption('');
    await page.getByRole('button', { name: 'order complete' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await page.evaluate('document.activeElement.textContent'), 'order complete');
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'order complete');
    await page.close();
  });

  it('loads nothing from elsewhere and says nothing on the console', { skip }, async () => {
    const page = await browser.newPage();
    const [foreign, said]: [string[], string[]] = [[], []];
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== stage.origin) foreign.push(request.url());
    });
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    for (const path of ['/live', '/', '/product/cup', '/basket', '/checkout']) {
      await page.goto(stage.origin + path);
      await sleep(300);
    }
    assert.deepEqual([foreign, said], [[], []]);
    await page.close();
  });

  it('says when the demo has gone, and goes on by itself when it is back', { skip }, async () => {
    const { page } = await openLive();
    stage.cut();
    await page.getByText('the demo has ended', { exact: true }).waitFor();
    await page.getByText('broker runs', { exact: true }).waitFor();
    stage.land({ topic: 'demo-orders', partition: 1, offset: 99, key: Buffer.from('o-back') });
    await page.getByText('o-back').waitFor();
    await page.close();
  });
});
