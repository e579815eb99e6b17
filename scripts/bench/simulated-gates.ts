// Predictions drawn from laws whose true figures are known, to count how often an interval misses them.
import {
  deltaInterval,
  directionOf,
  type JointTable,
  metricOf,
  multinomial,
  normalQuantile,
  normalTail,
  type NumericSums,
  type Random,
  randomFrom,
  type RowGroup,
  type Scored,
  valueInterval,
} from '@mlops/core'

/** One kind of gate: a metric on data of one law. */
export interface Scenario {
  readonly data: string
  readonly metric: string
  readonly class?: string
  /** The difference of the models, or the candidate's own figure. */
  readonly of: 'difference' | 'value'
  readonly truth: number
  readonly draw: (random: Random) => Scored
}

/** What many gates of a scenario came to, in shares of the gates. */
export interface Coverage {
  readonly method: string
  readonly lowerMissed: number
  readonly upperMissed: number
  /** Gates without an interval: they decide nothing. */
  readonly open: number
  readonly width: number
}

const scoredOf = (labels: number, rows: number, group: Omit<RowGroup, 'rows'>, positive?: number): Scored => ({
  source: 'simulated',
  task: positive === undefined ? 'multiclass' : 'binary',
  labels: Array.from({ length: labels }, (_, label) => String(label)),
  ...(positive === undefined ? {} : { positive }),
  paired: true,
  whole: { rows, ...group },
  slices: [],
  repeatedIds: 0,
})

/** A law of truth and answers: each class's share, and how often each model is right about it. */
interface LabelLaw {
  readonly shares: readonly number[]
  readonly candidate: readonly number[]
  readonly champion: readonly number[]
  /** 0: independent answers; 1: alike as far as their accuracies allow. */
  readonly alike: number
}

/** Probability of each answer to a row of a class; a wrong one goes by the other classes' shares. */
const answersTo = (label: number, right: number, shares: readonly number[]) =>
  shares.map((share, answer) => (answer === label ? right : ((1 - right) * share) / (1 - (shares[label] ?? 0))))

/** Every cell of the joint table with its probability as count. */
const population = ({ shares, candidate, champion, alike }: LabelLaw): JointTable => {
  const cells = shares.flatMap((share, label) => {
    const mine = answersTo(label, candidate[label] ?? 0, shares)
    const theirs = answersTo(label, champion[label] ?? 0, shares)
    const both = mine.map((p, answer) => Math.min(p, theirs[answer] ?? 0))
    const apart = 1 - both.reduce((sum, p) => sum + p, 0)
    return mine.flatMap((p, one) =>
      theirs.map((q, other) => {
        const left = (p - (both[one] ?? 0)) * (q - (both[other] ?? 0))
        const coupled = (one === other ? (both[one] ?? 0) : 0) + (apart > 1e-12 ? left / apart : 0)
        return [label, one, other, share * (alike * coupled + (1 - alike) * p * q)] as const
      }),
    )
  })
  const column = (at: 0 | 1 | 2) => Uint32Array.from(cells, (cell) => cell[at])
  return {
    truth: column(0),
    candidate: column(1),
    champion: column(2),
    counts: Float64Array.from(cells, ([, , , p]) => p),
  }
}

const withCounts = (table: JointTable, counts: Float64Array): JointTable => {
  const kept = [...counts.keys()].filter((cell) => (counts[cell] ?? 0) > 0)
  const column = (from: Uint32Array) => Uint32Array.from(kept, (cell) => from[cell] ?? 0)
  return {
    truth: column(table.truth),
    candidate: column(table.candidate),
    champion: column(table.champion),
    counts: Float64Array.from(kept, (cell) => counts[cell] ?? 0),
  }
}

const figure = (metric: string, cls: string | undefined, of: Scenario['of'], scored: Scored): number => {
  const ofModel = (model: 'candidate' | 'champion') => metricOf(metric, cls, model, scored.whole, scored) ?? NaN
  return of === 'value' ? ofModel('candidate') : ofModel('candidate') - ofModel('champion')
}

/** Independent rows of a law. */
const labelScenario = (
  data: string,
  law: LabelLaw,
  rows: number,
  metric: string,
  of: Scenario['of'] = 'difference',
  cls?: string,
): Scenario => {
  const table = population(law)
  const labels = law.shares.length
  const [draw, counts] = [multinomial(table.counts, rows), new Float64Array(table.counts.length)]
  return {
    data: `${data}, ${rows} rows`,
    metric,
    ...(cls === undefined ? {} : { class: cls }),
    of,
    truth: figure(metric, cls, of, scoredOf(labels, 1, { joint: table })),
    draw: (random) => {
      draw(random, counts)
      return scoredOf(labels, rows, { joint: withCounts(table, counts) })
    },
  }
}

/** Clusters of 1 to 7 rows, each of one kind. */
const clusterScenario = (
  data: string,
  kinds: readonly [LabelLaw, LabelLaw],
  clusters: number,
  metric: string,
  of: Scenario['of'] = 'difference',
): Scenario => {
  const laws = [population(kinds[0]), population(kinds[1])] as const
  const labels = kinds[0].shares.length
  const mixed = laws[0].counts.map((p, cell) => (p + (laws[1].counts[cell] ?? 0)) / 2)
  return {
    data: `${data}, ${clusters} clusters of 1 to 7 rows`,
    metric,
    of,
    truth: figure(metric, undefined, of, scoredOf(labels, 1, { joint: { ...laws[0], counts: mixed } })),
    draw: (random) => {
      const counts = new Float64Array(mixed.length)
      const cells: number[] = []
      const offsets = Array.from({ length: clusters }, () => {
        const from = cells.length
        const law = laws[random.next() < 0.5 ? 0 : 1]
        for (let rows = 1 + Math.floor(random.next() * 7); rows > 0; rows -= 1) {
          let [rest, cell] = [random.next(), 0]
          for (; rest >= (law.counts[cell] ?? 1) && cell < mixed.length - 1; cell += 1) rest -= law.counts[cell] ?? 1
          counts[cell] = (counts[cell] ?? 0) + 1
          cells.push(cell)
        }
        return from
      })
      return scoredOf(labels, cells.length, {
        joint: { ...laws[0], counts },
        clusters: {
          offsets: Uint32Array.from([...offsets, cells.length]),
          cells: Uint32Array.from(cells),
          counts: new Uint32Array(cells.length).fill(1),
        },
      })
    },
  }
}

const normal = ({ next }: Random): number => normalQuantile(Math.max(next(), 2 ** -53))

/** Student's t with 5 degrees of freedom, scaled to variance 1. */
const heavy = (random: Random): number => {
  const squares = Array.from({ length: 5 }, () => normal(random) ** 2).reduce((sum, one) => sum + one, 0)
  return normal(random) / Math.sqrt(squares / 5) / Math.sqrt(5 / 3)
}

const BUCKETS = 1000

/** Scores of a binary model. */
interface ScoreLaw {
  readonly positives: number
  /** Of the positive scores' mean from the negative ones', in the latter's standard deviations: candidate, champion. */
  readonly apart: readonly [number, number]
  readonly rows: number
  /** Standard deviation of the positive scores. */
  readonly spread?: number
}

/** Scores that are normal in each class, a candidate's and a champion's correlated: the area under the curve is known. */
const scoreScenario = (
  data: string,
  { positives, apart, rows, spread = 1 }: ScoreLaw,
  metric: 'auc' | 'average_precision',
  of: Scenario['of'] = 'difference',
): Scenario => {
  const area = (distance: number) => 1 - normalTail(distance / Math.hypot(1, spread))
  /** The integral of precision over recall. */
  const precision = (distance: number) => {
    const steps = 20_000
    let sum = 0
    for (let step = 0; step < steps; step += 1) {
      const recall = (step + 0.5) / steps
      const cut = distance + spread * normalQuantile(1 - recall)
      sum += (positives * recall) / (positives * recall + (1 - positives) * normalTail(cut))
    }
    return sum / steps
  }
  const [mine, theirs] = apart.map(metric === 'auc' ? area : precision)
  return {
    data: `${data}, ${rows} rows`,
    metric,
    of,
    truth: (mine ?? NaN) - (of === 'value' ? 0 : (theirs ?? NaN)),
    draw: (random) => {
      const [candidate, champion, truth] = [new Float64Array(rows), new Float64Array(rows), new Uint32Array(rows)]
      for (let row = 0; row < rows; row += 1) {
        const label = random.next() < positives ? 1 : 0
        const common = normal(random)
        const score = (distance: number) =>
          label * distance + (label === 1 ? spread : 1) * (Math.sqrt(0.7) * common + Math.sqrt(0.3) * normal(random))
        truth[row] = label
        candidate[row] = score(apart[0])
        champion[row] = score(apart[1])
      }
      const bucket = Uint32Array.from({ length: rows }, (_, row) => row % BUCKETS)
      return scoredOf(
        2,
        rows,
        { scores: { truth, candidate: [candidate], champion: [champion], classes: [1], bucket } },
        1,
      )
    },
  }
}

/** Three classes whose own score is raised for their rows; the areas against the rest are all alike. */
const multiclassScenario = (
  data: string,
  shares: readonly number[],
  apart: readonly [number, number],
  rows: number,
): Scenario => ({
  data: `${data}, ${rows} rows`,
  metric: 'auc',
  of: 'difference',
  truth: normalTail(apart[1] / Math.SQRT2) - normalTail(apart[0] / Math.SQRT2),
  draw: (random) => {
    const columns = () => shares.map(() => new Float64Array(rows))
    const [candidate, champion, truth] = [columns(), columns(), new Uint32Array(rows)]
    for (let row = 0; row < rows; row += 1) {
      let [rest, label] = [random.next(), 0]
      for (; rest >= (shares[label] ?? 1) && label < shares.length - 1; label += 1) rest -= shares[label] ?? 1
      truth[row] = label
      for (const [one, scores] of candidate.entries()) {
        const common = normal(random)
        const raised = one === label ? 1 : 0
        scores[row] = raised * apart[0] + Math.sqrt(0.7) * common + Math.sqrt(0.3) * normal(random)
        const theirs = champion[one]
        if (theirs) theirs[row] = raised * apart[1] + Math.sqrt(0.7) * common + Math.sqrt(0.3) * normal(random)
      }
    }
    const bucket = Uint32Array.from({ length: rows }, (_, row) => row % BUCKETS)
    return scoredOf(shares.length, rows, {
      scores: { truth, candidate, champion, classes: [...shares.keys()], bucket },
    })
  },
})

/** Errors of a regression; the truth has a standard deviation of 3. */
const numericScenario = (
  data: string,
  error: (random: Random) => number,
  metric: 'rmse' | 'mae' | 'r2',
  rows: number,
  of: Scenario['of'] = 'difference',
): Scenario => {
  const [mine, theirs] = [1.1, 1]
  // The mean of abs(error): of a normal one √(2 / π); of Student's t with 5 degrees of freedom, scaled, 4 / (π √3).
  const absolute = error === normal ? Math.sqrt(2 / Math.PI) : 4 / (Math.PI * Math.sqrt(3))
  const figureOf = {
    rmse: (scale: number) => scale,
    mae: (scale: number) => scale * absolute,
    r2: (scale: number) => 1 - (scale * scale) / 9,
  }[metric]
  return {
    data: `${data}, ${rows} rows`,
    metric,
    of,
    truth: figureOf(mine) - (of === 'value' ? 0 : figureOf(theirs)),
    draw: (random) => {
      const buckets = Math.min(rows, BUCKETS)
      const column = () => new Float64Array(buckets)
      const errors = () => ({ squared: column(), absolute: column(), percentage: column() })
      const sums = {
        rows: column(),
        truthMean: column(),
        truthDeviation: column(),
        candidate: errors(),
        champion: errors(),
      }
      for (let row = 0; row < rows; row += 1) {
        const bucket = row % buckets
        const count = (sums.rows[bucket] ?? 0) + 1
        const actual = 3 * normal(random)
        const before = sums.truthMean[bucket] ?? 0
        const mean = before + (actual - before) / count
        sums.rows[bucket] = count
        sums.truthMean[bucket] = mean
        sums.truthDeviation[bucket] = (sums.truthDeviation[bucket] ?? 0) + (actual - before) * (actual - mean)
        const common = error(random)
        for (const [into, scale] of [
          [sums.candidate, mine],
          [sums.champion, theirs],
        ] as const) {
          // Half of the rows have the same error up to its size: a law with the right margin, and correlated.
          const one = scale * (random.next() < 0.5 ? common : error(random))
          into.squared[bucket] = (into.squared[bucket] ?? 0) + one * one
          into.absolute[bucket] = (into.absolute[bucket] ?? 0) + Math.abs(one)
        }
      }
      return scoredOf(0, rows, { numeric: sums satisfies NumericSums })
    },
  }
}

/** Outcomes of known probability: one model is told it, moved towards 1/2; the other one knows it. */
const lossScenario = (
  data: string,
  metric: 'log_loss' | 'brier',
  rows: number,
  knows: 'candidate' | 'champion',
): Scenario => {
  const chances = Array.from({ length: 19 }, (_, index) => (index + 1) / 20)
  const answer = (model: 'candidate' | 'champion') => (chance: number) =>
    model === knows ? chance : 0.5 + 0.7 * (chance - 0.5)
  const [candidate, champion] = [answer('candidate'), answer('champion')]
  const loss = (p: number, happened: number) =>
    metric === 'log_loss' ? -Math.log(happened === 1 ? p : 1 - p) : (p - happened) ** 2
  const expected = (of: (chance: number) => number) =>
    chances.reduce((sum, chance) => sum + chance * loss(of(chance), 1) + (1 - chance) * loss(of(chance), 0), 0) /
    chances.length
  return {
    data: `${data}, ${rows} rows`,
    metric,
    of: 'difference',
    truth: expected(candidate) - expected(champion),
    draw: (random) => {
      const buckets = Math.min(rows, BUCKETS)
      const column = () => new Float64Array(buckets)
      const [of, mine, theirs] = [column(), column(), column()]
      for (let row = 0; row < rows; row += 1) {
        const bucket = row % buckets
        const chance = chances[Math.floor(random.next() * chances.length)] ?? 0.5
        const happened = random.next() < chance ? 1 : 0
        of[bucket] = (of[bucket] ?? 0) + 1
        mine[bucket] = (mine[bucket] ?? 0) + loss(candidate(chance), happened)
        theirs[bucket] = (theirs[bucket] ?? 0) + loss(champion(chance), happened)
      }
      const losses = (values: Float64Array) => ({ logLoss: values, brier: values })
      return scoredOf(2, rows, { probabilities: { rows: of, candidate: losses(mine), champion: losses(theirs) } }, 1)
    },
  }
}

const BALANCED: LabelLaw = {
  shares: [1 / 3, 1 / 3, 1 / 3],
  candidate: [0.78, 0.8, 0.82],
  champion: [0.8, 0.82, 0.84],
  alike: 0.5,
}
const SKEWED: LabelLaw = {
  shares: [0.9, 0.08, 0.02],
  candidate: [0.95, 0.6, 0.4],
  champion: [0.96, 0.63, 0.44],
  alike: 0.6,
}
const SIX: LabelLaw = {
  shares: [0.8, 0.1, 0.05, 0.03, 0.015, 0.005],
  candidate: [0.95, 0.7, 0.6, 0.5, 0.4, 0.3],
  champion: [0.955, 0.73, 0.62, 0.53, 0.45, 0.36],
  alike: 0.6,
}
const ALMOST_RIGHT: LabelLaw = {
  shares: [0.9, 0.08, 0.02],
  candidate: [0.995, 0.97, 0.95],
  champion: [0.995, 0.98, 0.97],
  alike: 0.5,
}
/** Kinds of clusters that suit one model or the other. */
const OURS: LabelLaw = { shares: [0.6, 0.3, 0.1], candidate: [0.95, 0.9, 0.8], champion: [0.85, 0.75, 0.6], alike: 0.7 }
const THEIRS: LabelLaw = { shares: [0.6, 0.3, 0.1], candidate: [0.75, 0.6, 0.4], champion: [0.9, 0.8, 0.7], alike: 0.7 }

/** What docs/statistics.md tells of: each method on data that suits it, and on data that does not. */
export const SCENARIOS: readonly Scenario[] = [
  labelScenario('balanced classes', BALANCED, 500, 'accuracy'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'accuracy'),
  labelScenario('almost always right', ALMOST_RIGHT, 500, 'accuracy'),
  labelScenario('balanced classes', BALANCED, 500, 'f1_macro'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 300, 'f1_macro'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 2000, 'f1_macro'),
  labelScenario('six classes down to 0.5 %', SIX, 1000, 'f1_macro'),
  labelScenario('almost always right', ALMOST_RIGHT, 2000, 'f1_macro'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 300, 'f1', 'difference', '2'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 300, 'recall', 'difference', '2'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 1000, 'precision', 'difference', '2'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'balanced_accuracy'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'mcc'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'kappa'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'f1_weighted'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 20, 'accuracy'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 50, 'accuracy'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 50, 'f1_macro'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 200, 'accuracy'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 200, 'f1_macro'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 1000, 'f1_macro'),
  scoreScenario('a tenth positive', { positives: 0.1, apart: [1.4, 1.6], rows: 500 }, 'auc'),
  scoreScenario('2 % positive', { positives: 0.02, apart: [1.4, 1.6], rows: 1000 }, 'auc'),
  scoreScenario('2 % positive, well ranked', { positives: 0.02, apart: [2.6, 3], rows: 1000 }, 'auc'),
  scoreScenario(
    '2 % positive, of twice the spread',
    { positives: 0.02, apart: [2, 2.3], rows: 1000, spread: 2 },
    'auc',
  ),
  multiclassScenario('three classes of 60, 30 and 10 %', [0.6, 0.3, 0.1], [1.4, 1.6], 500),
  scoreScenario('a tenth positive', { positives: 0.1, apart: [1.4, 1.6], rows: 1000 }, 'average_precision'),
  scoreScenario('a tenth positive, well ranked', { positives: 0.1, apart: [2.6, 3], rows: 1000 }, 'average_precision'),
  scoreScenario('2 % positive', { positives: 0.02, apart: [1.4, 1.6], rows: 2000 }, 'average_precision'),
  numericScenario('normal errors', normal, 'rmse', 500),
  numericScenario('errors with heavy tails', heavy, 'rmse', 500),
  numericScenario('normal errors', normal, 'mae', 500),
  numericScenario('normal errors', normal, 'r2', 500),
  lossScenario('chances known to the champion', 'log_loss', 500, 'champion'),
  lossScenario('chances known to the candidate', 'log_loss', 500, 'candidate'),
  lossScenario('chances known to the candidate', 'brier', 500, 'candidate'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 500, 'accuracy', 'value'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 1000, 'recall', 'value', '2'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 1000, 'precision', 'value', '2'),
  labelScenario('balanced classes', BALANCED, 500, 'f1_macro', 'value'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 1000, 'f1_macro', 'value'),
  labelScenario('almost always right', ALMOST_RIGHT, 1000, 'f1_macro', 'value'),
  labelScenario('classes of 90, 8 and 2 %', SKEWED, 1000, 'mcc', 'value'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 50, 'accuracy', 'value'),
  clusterScenario('clusters that suit one model', [OURS, THEIRS], 200, 'accuracy', 'value'),
  scoreScenario('a tenth positive', { positives: 0.1, apart: [1.4, 1.6], rows: 500 }, 'auc', 'value'),
  scoreScenario('2 % positive', { positives: 0.02, apart: [1.4, 1.6], rows: 1000 }, 'auc', 'value'),
  scoreScenario('2 % positive, well ranked', { positives: 0.02, apart: [2.6, 3], rows: 1000 }, 'auc', 'value'),
  scoreScenario('a tenth positive', { positives: 0.1, apart: [1.4, 1.6], rows: 1000 }, 'average_precision', 'value'),
  scoreScenario('half positive', { positives: 0.5, apart: [1.4, 1.6], rows: 300 }, 'average_precision', 'value'),
  scoreScenario('2 % positive', { positives: 0.02, apart: [1.4, 1.6], rows: 2000 }, 'average_precision', 'value'),
  numericScenario('normal errors', normal, 'rmse', 500, 'value'),
  numericScenario('errors with heavy tails', heavy, 'rmse', 500, 'value'),
  numericScenario('errors with heavy tails', heavy, 'mae', 500, 'value'),
  numericScenario('normal errors', normal, 'r2', 500, 'value'),
]

const SEED = 20_260_101

/** Draws gates of a scenario and counts what their intervals, one-sided at 0.95 each, miss. */
export const simulate = (scenario: Scenario, gates: number, replicates: number): Coverage => {
  const random = randomFrom(SEED)
  let [lowerMissed, upperMissed, open, width, method] = [0, 0, 0, 0, '']
  for (let gate = 0; gate < gates; gate += 1) {
    const scored = scenario.draw(random)
    const settings = {
      confidence: 0.95,
      replicates,
      seed: SEED + gate,
      minRows: 0,
      minRowsGiven: false,
      minRowsSlice: 0,
    }
    const interval =
      scenario.of === 'difference'
        ? deltaInterval(scenario.metric, scenario.class, scored.whole, scored, settings)
        : valueInterval(scenario.metric, scenario.class, 'candidate', scored.whole, scored, settings)
    if (interval === undefined) {
      open += 1
      continue
    }
    method = interval.method
    width += interval.upper - interval.lower
    if (interval.lower > scenario.truth) lowerMissed += 1
    if (interval.upper < scenario.truth) upperMissed += 1
  }
  return {
    method,
    lowerMissed: lowerMissed / gates,
    upperMissed: upperMissed / gates,
    open: open / gates,
    width: width / (gates - open),
  }
}

/** Share of the gates that approve a candidate which is exactly as much worse as its margin, or exactly at its limit. */
export const approvedAtTheMargin = ({ metric }: Scenario, { lowerMissed, upperMissed }: Coverage): number =>
  directionOf(metric) === 'lower' ? upperMissed : lowerMissed
