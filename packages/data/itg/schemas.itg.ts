import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { pythonFor } from '@mlops/testing'
import { readYaml } from '../src/index.ts'
import * as checks from '../test/checks-file/corpus.ts'
import * as gate from '../test/gate-file/corpus.ts'

type Corpus = Pick<typeof gate, 'ACCEPTED' | 'REFUSED' | 'BEYOND_THE_SCHEMA'>

const dataOf = (text: string): unknown => {
  const reading = readYaml(text)
  if (reading.kind === 'faults') throw new Error(`not sound YAML: ${text}`)
  return reading.value.value
}

const PROGRAM = `
import json, sys
from jsonschema import Draft202012Validator
asked = json.load(sys.stdin)
Draft202012Validator.check_schema(asked["schema"])
valid = Draft202012Validator(asked["schema"]).is_valid
print(json.dumps({name: valid(document) for name, document in asked["documents"].items()}))
`

// The validator of another language: what the parser and the schema share can't hide a mistake of the schema here.
test.each<[string, Corpus]>([
  ['gate-v1', gate],
  ['checks-v1', checks],
])('%s accepts and refuses what the parser does', (name, { ACCEPTED, REFUSED, BEYOND_THE_SCHEMA }) => {
  const schema = readFileSync(join(import.meta.dirname, `../../../docs/schemas/${name}.json`), 'utf8')
  const texts = {
    ...ACCEPTED,
    ...Object.fromEntries(Object.entries({ ...REFUSED, ...BEYOND_THE_SCHEMA }).map(([of, [text]]) => [of, text])),
  }
  const documents = Object.fromEntries(Object.entries(texts).map(([of, text]) => [of, dataOf(text)]))
  const answer = execFileSync(pythonFor('packages/local-cloud/python/requirements-test.txt'), ['-c', PROGRAM], {
    input: JSON.stringify({ schema: JSON.parse(schema) as unknown, documents }),
    encoding: 'utf8',
  })
  const isExpected = (of: string) => !Object.hasOwn(REFUSED, of)
  expect(JSON.parse(answer)).toEqual(Object.fromEntries(Object.keys(texts).map((of) => [of, isExpected(of)])))
})
