// The second file of the room: it comes behind the first picture; where it does not come, that is said, and it is asked for again.
import { expect, report, row, signIn, test } from './town';

test('a second file that does not come is said to be missing, and asked for until it is there', async ({ page, town }) => {
  let asked = 0;
  let isDown = true;
  await page.route('**/*split_aside*', async (route) => {
    asked += 1;
    await (isDown ? route.abort() : route.continue());
  });
  await town.send(report('one'));
  await signIn(page, town);
  await expect.poll(() => asked).toBeGreaterThan(0);
  // The picture stands without it, and what needs it says so.
  await row(page, 'genoll one').click();
  await expect(page.locator('.card')).toContainText('did not arrive');
  await page.keyboard.press('?');
  await expect(page.locator('.aside-awaited')).toContainText('did not arrive');
  isDown = false;
  await expect(page.getByRole('dialog')).toContainText('Keys');
  await page.keyboard.press('Escape');
  await expect(page.locator('.card')).toContainText('genoll one');
});

test('once it came, cards and keys work without a line to the server', async ({ page, town }) => {
  await town.send(report('one'));
  const came = page.waitForResponse(/split_aside/);
  await signIn(page, town);
  await came;
  await row(page, 'genoll one').click();
  await expect(page.locator('.card')).toContainText('genoll one');
  await page.keyboard.press('Escape');
  await town.kill();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Keys');
  await page.keyboard.press('Escape');
  await row(page, 'genoll one').click();
  await expect(page.locator('.card')).toContainText('genoll one');
});
