import type { ShapeWords } from '../documents/shape-faults.ts'

const FORMS: Readonly<Record<string, string>> = {
  service: 'name:port of a Service, such as model:http',
  url: 'an http or https address without user, query and fragment',
  port: "a port's name or number",
  attempts: 'so many of so many, such as 2 of 3',
  bake: 'a span such as 500ms, 30s, 10m or 1h',
  latency: 'a span such as 500ms, 30s, 10m or 1h',
  interval: 'a span such as 500ms, 30s, 10m or 1h',
}

/** What is said of a checks file whose shape is wrong. */
export const CHECKS_WORDS: ShapeWords = {
  code: 'E-CHECKS',
  later: {
    endpoint: 'endpoints of SageMaker are not probed',
    schema: 'answers are not held against a JSON Schema; write assertions below expect.json',
    'warm-up': 'there is no warm-up; attempts and interval give a service time',
    retries: 'write attempts, such as 2 of 3',
  },
  hints: {
    golden: 'write golden: true, or remove it',
    body: 'a JSON document, or a text that is sent as it is',
  },
  form: (_, path) => {
    const [key, before] = [String(path.at(-1)), String(path.at(-2))]
    if (before === 'headers') return 'one line of printable characters'
    if (key === 'path')
      return path.includes('json') ? 'a path such as $.prediction or $.list[0]' : 'a path such as /predict'
    return FORMS[key] ?? 'something else'
  },
}
