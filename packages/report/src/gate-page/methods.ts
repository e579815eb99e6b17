import type { IntervalMethod } from '@mlops/core'

/** What a reviewer needs to check a figure: said in one line, as a formula, and where it comes from. */
export interface Method {
  /** As docs/statistics.md heads it, and as an interval names it. */
  readonly name: string
  readonly says: string
  /** `_x` and `_{xy}` stand low. */
  readonly formulas: readonly string[]
  readonly source: string
  readonly href?: string
}

/** How a rule becomes a result; every report needs it. */
export const DECISION: Method = {
  name: 'How a rule decides',
  says: 'A comparison passes when its whole interval lies where it is allowed to, fails when the whole of it lies outside, and is inconclusive otherwise; where only points are known, they are compared. A threshold is held against the value, or against the end of its interval that the rule names.',
  formulas: ['passes: [lower, upper] ⊂ allowed', 'fails: [lower, upper] ∩ allowed = ∅', 'δ = candidate − champion'],
  source: 'Piaggio et al., Reporting of noninferiority and equivalence randomized trials, JAMA 308 (2012) 2594–2604',
  href: 'https://doi.org/10.1001/jama.2012.87802',
}

/** How many rows would tell, printed with inconclusive results. */
export const ROWS_NEEDED: Method = {
  name: 'Rows needed',
  says: 'Rows that would decide with 80 % power at a distance m from the limit. For accuracy, π is the share of rows on which exactly one model is right; for other figures it is what the width of the interval says of one row.',
  formulas: ['n = (z_{1−α} + z_{0.8})² π / m²'],
  source:
    'Connor, Sample size for testing differences in proportions for the paired-sample design, Biometrics 43 (1987) 207–211',
  href: 'https://doi.org/10.2307/2531961',
}

const METHODS: Readonly<Record<IntervalMethod, Omit<Method, 'name'>>> = {
  'Newcombe paired score': {
    says: 'Difference of two accuracies on the same rows: their score intervals, joined with the correlation φ of the hits.',
    formulas: [
      'lower = δ − √(a² − 2φab + b²) with a = p_1 − l_1, b = u_2 − p_2',
      'upper = δ + √(c² − 2φcd + d²) with c = u_1 − p_1, d = p_2 − l_2',
      '[l_i, u_i]: Wilson score interval of accuracy p_i; φ with continuity correction',
    ],
    source:
      'Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired data, Statistics in Medicine 17 (1998) 2635–2650, method 10',
    href: 'https://doi.org/10.1002/(SICI)1097-0258(19981130)17:22%3C2635::AID-SIM954%3E3.0.CO;2-C',
  },
  'Wilson score': {
    says: 'Interval of a share of rows that does not break down near 0 and 1.',
    formulas: ['(p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)'],
    source:
      'Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American Statistical Association 22 (1927) 209–212',
    href: 'https://doi.org/10.1080/01621459.1927.10502953',
  },
  'Smoothed bootstrap': {
    says: 'Drawing rows with replacement is drawing the table of truth and answers from a multinomial distribution, so the table is drawn. One row for each true class, spread over every way to be right or wrong, keeps small classes from looking certain.',
    formulas: [
      'T* ~ Multinomial(n, (T + prior) / sum), drawn B times; δ* = δ(T*)',
      'bounds of a difference: δ ± max(q_{1−α} − c, c − q_α), q quantiles of δ*, c = δ(T + prior)',
      'bounds of one figure: q_α and q_{1−α}',
    ],
    source:
      'Davison and Hinkley, Bootstrap Methods and their Application, Cambridge University Press 1997, chapters 2 and 5; the prior: Perks, Journal of the Institute of Actuaries 73 (1947) 285–334',
    href: 'https://doi.org/10.1017/CBO9780511802843',
  },
  'Cluster bootstrap': {
    says: 'Rows of one cluster (a household, a patient) are not independent, so whole clusters are drawn, with replacement; the prior and the bounds are those of the smoothed bootstrap, moved away from the centre by what G clusters leave unknown of a variance.',
    formulas: [
      'T* = Σ T_c over as many clusters c, drawn with replacement, as there are; δ* = δ(T*)',
      'distances from the centre × √(G / (G − 1)) t_{G−1} / z',
    ],
    source:
      'Davison and Hinkley, Bootstrap Methods and their Application, Cambridge University Press 1997, section 3.8; the distances: Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015) 371–386',
    href: 'https://doi.org/10.1080/00031305.2015.1089789',
  },
  DeLong: {
    says: 'Area under the ROC curve from the mid-ranks of the scores. An area is believed when the one observed lies less than t of its standard errors away; two areas on the same rows are joined with their correlation ρ.',
    formulas: [
      'AUC = Σ_i Σ_j ψ(x_i, y_j) / mn, ψ = 1 when the positive scores higher, ½ when equal, else 0',
      'bounds of one area A: all θ with (A − θ)² ≤ t² s h(θ), t with k − 1 degrees of freedom, k = min(m, n)',
      'h(θ) = θ(1 − θ)(1 + (N/2 − 1)((1 − θ)/(2 − θ) + θ/(1 + θ))) / mn, N = m + n',
      's = (k r + 20 max(1, r)) / (k + 20), r = v / h(A), v = S_{10}/m + S_{01}/n',
      'bounds of a difference: δ ∓ √(a² − 2ρab + b²), a and b what the bounds of the two areas reach on that side',
    ],
    source:
      'DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated receiver operating characteristic curves, Biometrics 44 (1988) 837–845; h: Newcombe, Statistics in Medicine 25 (2006) 559–573, method 5; the difference: Zou and Donner, Statistics in Medicine 27 (2008) 1693–1702',
    href: 'https://doi.org/10.2307/2531595',
  },
  'Clustered DeLong': {
    says: "DeLong's variance with the parts of a cluster's rows added up before they are squared; bounds as without clusters.",
    formulas: ['v = Σ_c (Σ_{row in c} part of the row)²', 'k = min(m, n, clusters)'],
    source: 'Obuchowski, Nonparametric analysis of clustered ROC curve data, Biometrics 53 (1997) 567–578',
    href: 'https://doi.org/10.2307/2533958',
  },
  'Grouped jackknife': {
    says: 'The metric is computed again without each of G groups of rows; how much it moves tells how uncertain it is, and how unevenly it moves on which side the interval has to be longer.',
    formulas: [
      'v = (G − 1)/G · Σ_g u_g², u_g = mean − δ_{(g)}; centre c = δ − (G − 1)(mean − δ)',
      'bounds: c ± √v (t_{G−1} + max(0, ±g) (1 + 2t²)/6), g = Σ u³ / √(Σ u²)³',
      'of one model the same on the scales ln δ or ln(1 − δ) as well, the farther bound of all',
      'average precision (second scale logit) and r² of two models: both intervals, joined as areas under the ROC curve are',
    ],
    source:
      'Efron and Tibshirani, An Introduction to the Bootstrap, Chapman & Hall 1993, chapter 11; groups: Shao and Wu, Annals of Statistics 17 (1989) 1176–1197; the longer side: Johnson, Modified t tests and confidence intervals for asymmetrical populations, Journal of the American Statistical Association 73 (1978) 536–544',
    href: 'https://doi.org/10.1214/aos/1176347263',
  },
  'Normal approximation': {
    says: 'The files carry standard errors; those of two files are taken as independent and add up.',
    formulas: ['bounds: δ ± z √(s_1² + s_2²)'],
    source: 'Wasserman, All of Statistics, Springer 2004, section 6.3.2',
    href: 'https://doi.org/10.1007/978-0-387-21736-9',
  },
}

const KNOWN: ReadonlyMap<string, Omit<Method, 'name'>> = new Map(Object.entries(METHODS))

/** What is known of a method; undefined for one that only a newer suite has. */
export const methodOf = (name: string): Method | undefined => {
  const found = KNOWN.get(name)
  return found === undefined ? undefined : { name, ...found }
}

const scikit = (page: string) => ({
  source: `scikit-learn, sklearn.metrics.${page}`,
  href: `https://scikit-learn.org/stable/modules/generated/sklearn.metrics.${page}.html`,
})

/** A formula, and the function that computes the same. */
type Definition = readonly [formula: string, page: string]

const AVERAGES: Readonly<Record<string, string>> = {
  macro: 'mean over classes k of',
  micro: 'from TP, FP and FN summed over classes:',
  weighted: 'mean over classes k, weighted by their rows, of',
}

const COUNTED: Readonly<Record<string, Definition>> = {
  precision: ['TP_k / (TP_k + FP_k)', 'precision_score'],
  recall: ['TP_k / (TP_k + FN_k)', 'recall_score'],
  f1: ['2 TP_k / (2 TP_k + FP_k + FN_k)', 'f1_score'],
}

const DEFINITIONS: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['accuracy', ['rows predicted right / rows', 'accuracy_score']],
  ['balanced_accuracy', ['mean over classes k of TP_k / (TP_k + FN_k)', 'balanced_accuracy_score']],
  [
    'mcc',
    [
      '(c·s − Σ p_kt_k) / √((s² − Σ p_k²)(s² − Σ t_k²)), c right of s rows, p_k predicted and t_k true of class k',
      'matthews_corrcoef',
    ],
  ],
  ['kappa', ['(p_o − p_e) / (1 − p_e), agreement observed and expected by chance', 'cohen_kappa_score']],
  ...Object.entries(COUNTED).flatMap(([name, [formula, page]]): (readonly [string, Definition])[] => [
    [name, [formula, page]],
    ...Object.entries(AVERAGES).map(([average, words]): readonly [string, Definition] => [
      `${name}_${average}`,
      [`${words} ${average === 'micro' ? formula.replaceAll('_k', '') : formula}`, page],
    ]),
  ]),
  ['auc', ['P(score of a positive > score of a negative) + ½ P(equal)', 'roc_auc_score']],
  ['average_precision', ['Σ (R_i − R_{i−1}) P_i over thresholds i', 'average_precision_score']],
  ['log_loss', ['−mean of ln p(truth)', 'log_loss']],
  ['brier', ['mean of Σ_k (p_k − [truth = k])², halved for two classes', 'brier_score_loss']],
  ['mse', ['mean of (y − ŷ)²', 'mean_squared_error']],
  ['rmse', ['√ mean of (y − ŷ)²', 'root_mean_squared_error']],
  ['mae', ['mean of |y − ŷ|', 'mean_absolute_error']],
  ['mape', ['mean of |y − ŷ| / max(|y|, ε)', 'mean_absolute_percentage_error']],
  ['r2', ['1 − Σ (y − ŷ)² / Σ (y − ȳ)²', 'r2_score']],
])

/** How a metric is defined; undefined for one that only its author knows. */
export const definitionOf = (metric: string): Omit<Method, 'says'> | undefined => {
  const found = DEFINITIONS.get(metric)
  return found === undefined ? undefined : { name: metric, formulas: [found[0]], ...scikit(found[1]) }
}
