"""Reads documents as others do: prints what is wrong with each, and what CycloneDX and SPDX list, as JSON.

    judge.py SPDX CYCLONEDX PROVENANCE
"""

import json
import sys

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

spdx_path, cyclonedx_path, provenance_path = sys.argv[1:]
wrong = []


def listed(urls):
    packages = []
    for url in urls:
        read = PackageURL.from_string(url)
        if read.to_string() != url:
            wrong.append(f"package URL {url} is {read.to_string()}")
        if read.type in ("deb", "apk", "pypi"):
            packages.append([read.type, read.name, read.version])
    return sorted(packages)


document = parse_file(spdx_path)
for message in validate_full_spdx_document(document, "SPDX-2.3"):
    wrong.append(f"SPDX: {message.validation_message}")
spdx = listed(
    reference.locator
    for package in document.packages
    for reference in package.external_references
    if reference.reference_type == "purl" and not reference.locator.startswith("pkg:oci/")
)

text = open(cyclonedx_path).read()
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if error:
    wrong.append(f"CycloneDX: {error}")
bom = Bom.from_json(json.loads(text))
bom.validate()
cyclonedx = listed(str(component.purl) for component in bom.components if component.purl)
if spdx != cyclonedx:
    wrong.append(f"SPDX and CycloneDX differ: {[p for p in spdx if p not in cyclonedx]} {[p for p in cyclonedx if p not in spdx]}")

statement = json.load(open(provenance_path))
message = ParseDict(statement, StatementMessage())
Statement.copy_from_pb(message).validate()
if statement["predicateType"] != "https://slsa.dev/provenance/v1":
    wrong.append(f"provenance: {statement['predicateType']}")
predicate = ParseDict(statement["predicate"], Provenance())
if not predicate.build_definition.build_type or not predicate.run_details.builder.id:
    wrong.append("provenance: no build type or builder")

print(json.dumps({"wrong": wrong, "packages": cyclonedx}))
