import { describe, expect, test } from '@jest/globals'
import { lastTraceback, ownFrame } from '../../src/jobs/traceback.ts'

const lines = (text: string) => text.split('\n').slice(1, -1)

const CHAINED = lines(`
epoch 1
Traceback (most recent call last):
  File "/opt/ml/code/load.py", line 3, in read
    int("x")
ValueError: invalid literal for int()

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/ml/code/train.py", line 12, in <module>
    read()
  File "/opt/ml/code/load.py", line 5, in read
    raise KeyError("SPEND")
  File "/usr/lib/python3.11/site-packages/pandas/core/load.py", line 99, in get
    raise
KeyError: 'SPEND'
2026-01-01 reporting training FAILURE
`)

const SYNTAX = lines(`
starting
  File "/opt/ml/code/train.py", line 7
    def f(
         ^
SyntaxError: '(' was never closed
`)

describe('the last traceback', () => {
  test('is that of the exception which ended the job', () => {
    const found = lastTraceback(CHAINED)
    expect(found?.exception).toBe("KeyError: 'SPEND'")
    expect(found?.lines[0]).toBe('Traceback (most recent call last):')
    expect(found?.lines).toHaveLength(8)
    expect(found?.frames.map(({ line }) => line)).toEqual([12, 5, 99])
  })
  test('may be a syntax error, which has no heading', () => {
    expect(lastTraceback(SYNTAX)).toMatchObject({
      exception: "SyntaxError: '(' was never closed",
      frames: [{ file: '/opt/ml/code/train.py', line: 7 }],
    })
  })
  test('is cut off when the log ends inside it', () => {
    expect(lastTraceback(CHAINED.slice(0, 3))).toMatchObject({ frames: [{ line: 3 }] })
  })
  test('is none when nothing was raised', () => {
    expect(lastTraceback(['epoch 1', 'done'])).toBeUndefined()
  })
})

describe("the user's own frame", () => {
  const traceback = lastTraceback(CHAINED)
  const own = (sources: readonly string[]) => (traceback === undefined ? undefined : ownFrame(traceback, sources))
  test('is the innermost one in a file of theirs', () => {
    expect(own(['train.py', 'load.py'])).toEqual({ file: 'load.py', line: 5 })
  })
  test('is found in another file when the innermost is not theirs', () => {
    expect(own(['train.py'])).toEqual({ file: 'train.py', line: 12 })
  })
  test('is never in an installed package, even of the same name', () => {
    expect(own(['core/load.py'])).toBeUndefined()
  })
  test('is the most specific path of several with the same end', () => {
    const found = lastTraceback(['  File "/x/pipeline/train.py", line 4, in f', 'E: x'])
    expect(found && ownFrame(found, ['train.py', 'pipeline/train.py'])).toEqual({ file: 'pipeline/train.py', line: 4 })
  })
})
