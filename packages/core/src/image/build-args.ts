/** What the suite gives itself; a user's own value would contradict it. */
const GIVEN = ['MODEL_URI', 'BUILD_ID', 'ENV'] as const
/** Words in names of values that must not be written into an image, where everybody who may pull it reads them. */
const SECRET = /(^|_)(TOKENS?|KEYS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|AUTH|APIKEYS?)(_|$)/i

export interface BuildArgumentProblem {
  readonly what: string
  readonly why: string
  readonly hint: string
}

/** What is wrong with build arguments, judged by their names; undefined when nothing is. */
export const buildArgumentProblem = (given: Readonly<Record<string, string>>): BuildArgumentProblem | undefined => {
  const names = Object.keys(given)
  const secret = names.find((name) => SECRET.test(name))
  if (secret !== undefined)
    return {
      what: `holds ${secret}`,
      why: 'build arguments stand in the history of the image, for everybody who may pull it',
      hint: 'give the service its secrets when it starts, or rename the argument if it is none',
    }
  const malformed = names.find((name) => !/^[a-zA-Z_]\w*$/.test(name))
  if (malformed !== undefined)
    return { what: `holds ${malformed}`, why: 'it is no name of a build argument', hint: 'use letters, digits and _' }
  const own = names.find((name) => GIVEN.some((reserved) => reserved === name))
  return own === undefined ? undefined : { what: `holds ${own}`, why: 'the action gives it itself', hint: 'remove it' }
}
