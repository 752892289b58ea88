"""The parts of one score: prior, what each finding adds, and their sum."""

from pathlib import Path

from kgdx import Case, Engine

case = Case.from_file(Path(__file__).parent / "cases" / "effusion.json")
first = Engine.open().diagnose(case).differential[0]
findings = (*first.supports, *first.contradicts, *first.unexplained)
told = sum(finding.contribution for finding in findings)
print(f"{first.name}: logit {first.logit:.2f}, probability {first.probability:.0%}")
for finding in findings:
    print(f"  {finding.contribution:+6.2f}  {finding.name}")
print(f"  {first.logit - told:+6.2f}  prior, and findings that add less than 0.05")
print(f"  {first.logit:+6.2f}  in all; the rest of the graph would have added {first.residual_logit:+.2f}")
