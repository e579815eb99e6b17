import type { Tooth } from './tooth.ts'

const STATISTICS = 'packages/core/src/statistics'
const TESTS = 'packages/core/test/statistics'
const SIMULATED = 'scripts/test/simulated-gates.test.ts'

/** Of the intervals that verdicts rest on. */
export const STATISTICS_TEETH: readonly Tooth[] = [
  {
    scenario: 'rare classes are not taken for certain',
    suite: SIMULATED,
    breaks: [
      '300 rows, f1, difference',
      '300 rows, recall, difference',
      'almost always right, 1000 rows, f1_macro, value',
    ],
    mutation: 'the bootstrap has no prior',
    edits: [
      {
        file: `${STATISTICS}/cells.ts`,
        find: 'put(kinds, [label, ...part], 1 / parts.length)',
        replace: 'put(kinds, [label, ...part], 0)',
      },
    ],
  },
  {
    scenario: 'rows of one household are not independent',
    suite: SIMULATED,
    breaks: ['clusters that suit one model'],
    mutation: 'clusters do not change the interval',
    edits: [
      {
        file: `${STATISTICS}/label-interval.ts`,
        find: '  if (group.clusters !== undefined) return byBootstrap(question, table)\n',
        replace: '',
      },
    ],
  },
  {
    scenario: 'two AUCs on the same rows',
    suite: `${TESTS}/intervals.test.ts`,
    breaks: ['intervals of ranks', 'against the K-G score', 'swapping the models'],
    mutation: "the champion's placements are left out of the variance",
    edits: [
      {
        file: `${STATISTICS}/delong.ts`,
        find: 'addContributions(ranking, -1 / champion.length, contributions)',
        replace: 'addContributions(ranking, 0, contributions)',
      },
    ],
  },
  {
    scenario: 'two accuracies on the same rows',
    suite: `${TESTS}/proportions.test.ts`,
    breaks: ['Newcombe’s interval', 'published intervals'],
    mutation: 'the correlation of the hits is not corrected',
    edits: [
      {
        file: `${STATISTICS}/newcombe.ts`,
        find: 'product > 0 ? Math.max(product - rows / 2, 0) : product',
        replace: 'product > 0 ? Math.max(product, 0) : product',
      },
    ],
  },
]
