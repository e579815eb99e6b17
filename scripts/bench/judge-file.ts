// One gate from a file of predictions to the verdict, as a process of its own: `judge-file <predictions>`. Prints one line of JSON.
import { judge, readPlan } from '@mlops/core'
import { readGate, readPredictions } from '@mlops/data'

const GATE = '- accuracy >= 0.80\n- f1_macro >= 0.70\n- not worse than champion by 0.01\n'

const [path = ''] = process.argv.slice(2)
const gate = readGate(GATE)
if (gate.kind === 'faults') throw new Error(JSON.stringify(gate.faults))
const scored = await readPredictions({ candidate: { path, source: path } }, gate.value.data, readPlan(gate.value))
const judging = judge(gate.value, { championState: { kind: 'present' }, scored })
if (judging.kind === 'faults') throw new Error(JSON.stringify(judging.faults))
const { verdict, rows, metrics } = judging.judgement
const figures = metrics.map(({ metric, candidate, champion }) => ({ metric, candidate, champion }))
console.log(JSON.stringify({ verdict, rows, figures, kilobytes: process.resourceUsage().maxRSS }))
