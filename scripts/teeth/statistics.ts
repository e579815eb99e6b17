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
        find: 'addContributions(ranking, weights[at] ?? 0, contributions)',
        replace: 'addContributions(ranking, Math.max(0, weights[at] ?? 0), contributions)',
      },
    ],
  },
  {
    scenario: 'few positive rows, and well ranked ones',
    suite: SIMULATED,
    breaks: ['well ranked, 1000 rows, auc, difference', 'well ranked, 1000 rows, auc, value'],
    mutation: 'the variance of an AUC is only that of its own rows',
    edits: [
      {
        file: `${STATISTICS}/rank-interval.ts`,
        find: 'const MODELLED_ROWS = 20',
        replace: 'const MODELLED_ROWS = 0',
      },
    ],
  },
  {
    scenario: 'figures near their end',
    suite: SIMULATED,
    breaks: ['heavy tails, 500 rows, rmse, value'],
    mutation: 'a figure has its own scale only, and its law is taken for even',
    edits: [
      { file: `${STATISTICS}/jackknife.ts`, find: '(Math.max(0, towards) * (1 + 2 * t * t)) / 6', replace: '0' },
      { file: `${STATISTICS}/jackknife.ts`, find: '[OWN, ...scales]', replace: '[OWN]' },
    ],
  },
  {
    scenario: 'few clusters',
    suite: `${TESTS}/bootstrap.test.ts`,
    breaks: ['of clusters reach as much farther'],
    mutation: 'few clusters are taken for many',
    edits: [
      {
        file: `${STATISTICS}/bootstrap.ts`,
        find: 'clusters === undefined\n      ? 1',
        replace: 'clusters === undefined || clusters > 1\n      ? 1',
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
