/** CDK entry for the `cdk` command line, which passes context and output folder: `npx cdk deploy --all -c stage=NAME`. */
import { inWords, makeApp } from '../lib/make-app.ts'

inWords(() => makeApp().app.synth())
