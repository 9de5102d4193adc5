import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, skip } from './support/browser.ts';
import { openStage, type Stage } from './support/stage.ts';

const axe = createRequire(import.meta.url).resolve('axe-core');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds that is serious, one line each. */
async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const found = await page.evaluate<Violation[]>(
    'axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations)',
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
    );
}

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
/** On a phone it is the arrangement that differs, not the colours: fewer pages are enough. */
const looks = [
  { name: 'light', few: false, colorScheme: 'light', viewport: desk },
  { name: 'dark', few: false, colorScheme: 'dark', viewport: desk },
  { name: 'light, on a phone', few: true, colorScheme: 'light', viewport: phone },
  { name: 'dark, on a phone', few: true, colorScheme: 'dark', viewport: phone },
] as const;

describe('axe finds nothing serious', () => {
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

  for (const { name, few, ...look } of looks) {
    it(name, { skip, timeout: 170_000 }, async () => {
      // The page's own policy forbids scripts from elsewhere, axe among them.
      const context = await browser.newContext({ ...look, bypassCSP: true });
      const page = await context.newPage();
      const found: string[] = [];
      const inspect = async (what: string, always = false): Promise<void> => {
        const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
        if (fits !== true) found.push(`${what}: wider than the screen`);
        if (few && !always) return;
        found.push(...(await violations(page)).map((violation) => `${what}: ${violation}`));
      };

      await page.goto(stage.origin);
      await page.getByText('Enamel kettle').waitFor();
      await inspect('shop, asking for consent', true);
      await page.click('#consent-yes');
      await page.click('a[href="/product/kettle"]');
      await page.click('[data-add]');
      await inspect('product');
      await page.click('#account');
      await inspect('log-in');
      await page.click('#login-cancel');
      await page.click('.basket-link');
      await page.getByText('Together').waitFor();
      await inspect('basket');
      await page.click('a[href="/checkout"]');
      await page.click('#pay');
      await page.getByText('Thank you!').waitFor();
      await page.evaluate("document.querySelector('details').open = true");
      await inspect('thanks, with what the page has sent');

      await page.goto(`${stage.origin}/live`);
      await page.getByText('broker runs', { exact: true }).waitFor();
      for (let n = 0; n < 20; n++) stage.land({});
      stage.land({ topic: 'demo-dead-letters', partition: 0 });
      await page.locator('#rows button:enabled').first().waitFor();
      await inspect('live view', true);
      await page.locator('#rows button:enabled').first().click();
      await page.getByRole('dialog').getByText('timestamp', { exact: true }).first().waitFor();
      await inspect('record');
      assert.deepEqual(found, []);
      await context.close();
    });
  }

  it('goes through the shop by keyboard alone', { skip }, async () => {
    const page = await browser.newPage();
    await page.goto(stage.origin);
    await page.locator('#consent-yes').focus();
    await page.keyboard.press('Enter');
    await page.locator('a[href="/product/cup"]').focus();
    await page.keyboard.press('Enter');
    await page.getByText('A quarter of a litre').waitFor();
    // Whoever listens is told where he is: the new page has the focus.
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    await page.locator('[data-add]').focus();
    await page.keyboard.press('Enter');
    await page.getByText('In your basket: 1.').waitFor();
    await page.close();
  });
});
