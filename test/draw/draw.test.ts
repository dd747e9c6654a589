import { describe, expect, test } from 'vitest';
import { lanes } from '../../lib/draw/lanes.ts';
import { ownership } from '../../lib/draw/ownership.ts';
import { partition } from '../../lib/draw/partition.ts';
import { strip } from '../../lib/draw/strip.ts';

describe('the strip', () => {
  const cells = ['130', '130', '90', '130'].map((outcome, index) => ({ outcome, where: `at step ${index + 1}` }));
  const drawing = strip(cells, {
    caption: 'Ada after one crash',
    right: '130',
    meaning: (outcome) => (outcome === '90' ? 'second deposit lost' : 'all well'),
  });

  test('says in words what its cells show', () => {
    expect(drawing.text).toBe(
      [
        'Ada after one crash',
        '  130 ×2 · 90 · 130',
        '  130: 3 times, all well',
        '  90: once, second deposit lost: crash at step 3',
      ].join('\n'),
    );
  });

  test('shows each outcome in figures, and tells where the crash was', () => {
    expect(drawing.svg.match(/>90</g)).toHaveLength(1);
    expect(drawing.svg).toContain('<title>3: crash at step 3: 90</title>');
  });
});

test('a partition carries its marks at the edges of their offsets, in picture and text', () => {
  const drawing = partition(['+100', '+150', '-120'], { caption: 'account', committed: 2, position: 3, logEnd: 3 });
  expect(drawing.text).toBe('account\n  | 0: +100 | 1: +150 | 2: -120 |\n  ◆ committed 2   ▲ position 3   ▌ log end 3');
  expect(drawing.svg).not.toContain('high watermark');
});

test('lanes: one row a step, the decisive one marked, text of others escaped', () => {
  const drawing = lanes(
    [
      { at: 5, from: 'ledger', to: 'broker', says: 'commit <2>' },
      { at: 12_500, lane: 'ledger', says: 'killed', decisive: true },
    ],
    { caption: 'a crash', lanes: ['ledger', 'broker'] },
  );
  expect(drawing.text).toBe(
    'a crash\n   0.005 s  ledger → broker: commit <2>\n         ⋮  12 s pass\n▶ 12.500 s  ledger: killed',
  );
  expect(drawing.svg).toContain('commit &#60;2&#62;');
});

test('ownership: a column for each moment, a dashed cell where nobody reads, and who has nothing to read', () => {
  const drawing = ownership(
    [
      { at: 3_000, says: 'assigned', owners: ['a', 'b'], idle: ['c'] },
      { at: 20_000, says: 'a killed', owners: [undefined, 'b'], idle: ['c'] },
    ],
    { caption: 'Who reads', rows: ['partition 0', 'partition 1'] },
  );
  expect(drawing.text).toBe(
    [
      'Who reads',
      '  3.000 s  assigned',
      '      partition 0    a',
      '      partition 1    b',
      '      reads nothing  c',
      '  20.000 s  a killed',
      '      partition 0    nobody',
      '      partition 1    b',
      '      reads nothing  c',
    ].join('\n'),
  );
  expect(drawing.svg.match(/stroke-dasharray/g)).toHaveLength(1);
});
