// What is taken back where it came from: no word of it stays on a screen, whatever the operator points at.
import { expect, report, row, signIn, test, Watch } from './town';

const WORDS = 'Knee deep at Pujades twelve';

for (const held of ['nothing', 'the row', 'the card']) {
  test(`a report that is taken back leaves no word in the room while ${held} is looked at`, async ({ page, town }) => {
    const watch = new Watch(page, town);
    await town.send(report('back', { text: WORDS }), report('stays', { text: 'Tree down at Llull forty' }, [2.176, 41.404]));
    await signIn(page, town, '?view=2.175,41.404,15');
    await expect(row(page, WORDS)).toBeVisible();
    if (held === 'the row') await row(page, WORDS).hover();
    if (held === 'the card') {
      await row(page, WORDS).click();
      await expect(page.locator('.card')).toContainText(WORDS);
    }
    await town.send({ type: 'Feature', id: 'back', geometry: null, properties: { status: 'deleted' } });
    await expect(page.getByText(WORDS)).toHaveCount(0);
    // And the eye of this test sees what stays.
    await expect(row(page, 'Tree down')).toBeVisible();
    expect(watch.complaints).toEqual([]);
  });
}
