// Answers requests, one a line of JSON, by what the policies say: Allowed, ExplicitlyDenied, ImplicitlyDenied, or errors.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await runSimulation(JSON.parse(line), { simulationMode: 'Strict' })
  const { overallResult: result = null, errors = null } = answer
  process.stdout.write(JSON.stringify({ result, errors }) + '\n')
}
