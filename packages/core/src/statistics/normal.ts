/** A polynomial with the lowest coefficient first, by Horner's rule. */
const polynomial = (x: number, coefficients: readonly number[]): number =>
  coefficients.reduceRight((value, coefficient) => value * x + coefficient, 0)

// W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969) 631-637, in the form of
// SPECFUN's ANORM; the first of a pair is the numerator.
const CENTRE = [
  [18154.98125334356, 1067.6894854603709, 161.02823106855587, 2.2352520354606837, 0.06568233791820745],
  [45507.78933502673, 10260.932208618979, 976.0985517377767, 47.202581904688245, 1],
] as const
const MIDDLE = [
  [
    9842.714838383978, 11602.65143764735, 6848.190450536283, 2494.5375852903726, 597.2702763948002, 93.50665613217785,
    8.883149794388377, 0.39894151208813466, 1.0765576773720192e-8,
  ],
  [
    19685.429676859992, 38912.00328609327, 34900.95272114598, 18615.571640885097, 6485.558298266761, 1519.3775994075547,
    235.387901782625, 22.266688044328117, 1,
  ],
] as const
const TAIL = [
  [
    0.000029112874951168793, 0.0014216191932278934, 0.022235277870649807, 0.12740116116024736, 0.215898534057957,
    0.023073441764940174,
  ],
  [0.00007297515550839662, 0.0037823963320275824, 0.06598813786892856, 0.4682382124808651, 1.284260096144911, 1],
] as const

const INVERSE_ROOT_2_PI = 0.3989422804014327
const ROOT_32 = 5.656854249492381

const quotient = (x: number, [over, under]: readonly [readonly number[], readonly number[]]): number =>
  polynomial(x, over) / polynomial(x, under)

/** exp(-x²/2), with x² split as Cody does so that no digit of the exponent is lost. */
const bell = (x: number): number => {
  const rough = Math.trunc(x * 16) / 16
  return Math.exp(-(rough * rough) / 2) * Math.exp(-((x - rough) * (x + rough)) / 2)
}

/** P(Z > z) of the standard normal distribution; scipy.stats.norm.sf. Accurate in both tails. */
export const normalTail = (z: number): number => {
  const x = Math.abs(z)
  if (x <= 0.67448975) return 0.5 - z * quotient(z * z, CENTRE)
  const square = 1 / (x * x)
  const tail =
    x <= ROOT_32 ? bell(x) * quotient(x, MIDDLE) : (bell(x) * (INVERSE_ROOT_2_PI - square * quotient(square, TAIL))) / x
  return z > 0 ? tail : 1 - tail
}

// M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37 (1988)
// 477-484, routine PPND16.
const NEAR = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const
const FAR = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const
const FARTHEST = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const

/** z with P(Z <= z) = probability; scipy.stats.norm.ppf. */
export const normalQuantile = (probability: number): number => {
  const fromCentre = probability - 0.5
  if (Math.abs(fromCentre) <= 0.425) return fromCentre * quotient(0.180625 - fromCentre * fromCentre, NEAR)
  const depth = Math.sqrt(-Math.log(Math.min(probability, 1 - probability)))
  const z = depth <= 5 ? quotient(depth - 1.6, FAR) : quotient(depth - 5, FARTHEST)
  return fromCentre < 0 ? -z : z
}
