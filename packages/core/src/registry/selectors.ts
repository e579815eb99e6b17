import { championKey, type ModelPackage, type PackageVersion, unhealthyIn } from './package.ts'

/** Which package of a group is meant. */
export type Selector =
  | { readonly kind: 'champion' | 'latest-approved' | 'previous-approved' }
  | { readonly kind: 'version'; readonly version: number }

const NAMED = ['champion', 'latest-approved', 'previous-approved'] as const
export const SELECTOR_WORDS = [...NAMED, 'a version number'].join(', ')

/** Reads one selector; undefined when it is none. */
export const parseSelector = (text: string): Selector | undefined => {
  const named = NAMED.find((name) => name === text)
  if (named !== undefined) return { kind: named }
  return /^[1-9]\d{0,8}$/.test(text) ? { kind: 'version', version: Number(text) } : undefined
}

/** Reads a comma list of selectors; undefined when one of them is none, or there is none at all. */
export const parseSelectors = (text: string): readonly Selector[] | undefined => {
  const found = text.split(',').map((part) => parseSelector(part.trim()))
  return found.every((selector) => selector !== undefined) ? found : undefined
}

export const selectorName = (selector: Selector): string =>
  selector.kind === 'version' ? `version ${selector.version}` : selector.kind

/**
 * A search through the packages of a group from the newest to the oldest, for the first of several selectors that any of
 * them fits.
 */
export interface Selection {
  readonly selectors: readonly Selector[]
  readonly environment: string
  /** In the order of the selectors. */
  readonly found: readonly (ModelPackage | undefined)[]
  readonly approved: number
}

export interface Selected {
  readonly selector: Selector
  readonly package: ModelPackage
}

export const startSelection = (selectors: readonly Selector[], environment: string): Selection => ({
  selectors,
  environment,
  found: selectors.map(() => undefined),
  approved: 0,
})

/** Whether a package may be selected at all, as far as a list tells: rejected and unfinished ones never are. */
export const isSelectable = ({ status, approvalStatus }: PackageVersion): boolean =>
  status === 'Completed' && approvalStatus !== 'Rejected'

const fits = (selector: Selector, { environment, approved }: Selection, candidate: ModelPackage) => {
  const isApproved = candidate.approvalStatus === 'Approved'
  switch (selector.kind) {
    case 'champion':
      return candidate.metadata[championKey(environment)] !== undefined
    case 'latest-approved':
      return isApproved
    case 'previous-approved':
      return isApproved && approved > 0
    case 'version':
      return candidate.version === selector.version
  }
}

/** Looks at the next older package. One that was found unhealthy in the environment is passed over by every selector. */
export const consider = (selection: Selection, candidate: ModelPackage): Selection => {
  const { selectors, environment, found, approved } = selection
  if (!isSelectable(candidate) || unhealthyIn(candidate).includes(environment)) return selection
  return {
    ...selection,
    found: selectors.map((selector, index) =>
      found[index] === undefined && fits(selector, selection, candidate) ? candidate : found[index],
    ),
    approved: approved + Number(candidate.approvalStatus === 'Approved'),
  }
}

/** Whether older packages can change nothing any more. */
export const isDecided = ({ found }: Selection): boolean => found[0] !== undefined

/** The package of the first selector that any fits. */
export const selected = ({ selectors, found }: Selection): Selected | undefined => {
  for (const [index, selector] of selectors.entries()) {
    const candidate = found[index]
    if (candidate !== undefined) return { selector, package: candidate }
  }
  return undefined
}
