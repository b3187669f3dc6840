/** CDK entry for the `cdk` command line, which passes context and output folder: `npx cdk deploy --all -c stage=NAME`. */
import { makeApp } from '../lib/make-app.ts'

makeApp().app.synth()
