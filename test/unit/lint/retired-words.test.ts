import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retiredIn } from '../../../scripts/lint/retired-words.ts';
import { pages, textOf } from '../../support/docs/pages.ts';

const wordsIn = (text: string): string[] => retiredIn(text).map(({ word }) => word);

/** One word had five meanings, and newcomers asked what each of them was. What was renamed came back with the next change. */
describe('retired words', () => {
  it('are found by themselves, as parts of names, with endings, and in file names', () => {
    const text =
      "two lanes, const laneOf = twoLanes; LaneNames; 'the lane's head'; import './first-answer.ts'; blamed; giveUp()";
    assert.deepEqual(
      retiredIn(text).map(({ word, at }) => [word, text.slice(at, at + 4)]),
      [
        ['lane', 'lane'],
        ['lane', 'lane'],
        ['lane', 'Lane'],
        ['lane', 'Lane'],
        ['lane', 'lane'],
        ['blame', 'blam'],
        ['firstAnswer', 'firs'],
        ['giveUp', 'give'],
      ],
    );
  });

  it('are not found where other words begin or end like them', () => {
    assert.deepEqual(wordsIn('plane, planes, inpatient, obstacles2x4, to give up, first answer'), [
      'obstacle',
    ]);
  });

  it('are not found as a method of JavaScript', () => {
    assert.deepEqual(wordsIn('text.slice(1), two slices'), ['slice']);
  });

  for (const page of pages.filter((page) => !page.startsWith('docs/decisions/')))
    it(`stand nowhere in ${page}`, () => {
      assert.deepEqual(wordsIn(textOf(page)), []);
    });
});
