#!/usr/bin/env bash
# The first walk, by API, against a running demo: ./docs/walk.sh [http://127.0.0.1:8080]
# Each person signs in as a browser does (a machine would use a token of its own: see /developers). Needs bash and curl.
set -euo pipefail
base=${1:-http://127.0.0.1:8080}
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT

# sign_in PERSON: keeps the session and the anti-forgery token of that person.
token_in() { grep -o 'name="__RequestVerificationToken" value="[^"]*"' | head -1 | sed 's/.*value="//; s/"$//'; }
sign_in() {
  local csrf
  csrf=$(curl -sf -c "$jars/$1" "$base/sign-in" | token_in)
  curl -sf -o /dev/null -b "$jars/$1" -c "$jars/$1" "$base/sign-in" --data-urlencode _handler=sign-in --data-urlencode "__RequestVerificationToken=$csrf" \
    --data-urlencode "Input.Name=$1" --data-urlencode "Input.Password=every tonne once"
  curl -sf -b "$jars/$1" -c "$jars/$1" "$base/account" | token_in >"$jars/$1.csrf"
}

# as PERSON METHOD PATH [BODY] [TYPE]: prints the answer; a refusal is printed too and ends the walk unless it was expected.
as() { curl -s --fail-with-body -X "$2" -b "$jars/$1" -H "X-CSRF-Token: $(cat "$jars/$1.csrf")" -H "Content-Type: ${5:-application/json}" ${4:+--data-binary "$4"} "$base/api/v1$3"; }
field() { grep -o "\"$1\":\"[^\"]*\"" | head -1 | sed 's/^[^:]*:"//; s/"$//'; }
say() { printf '\n== %s\n' "$*"; }

for person in smelter-editor smelter-approver warehouse-operator warehouse-approver owner-a owner-b; do sign_in "$person"; done
run=$(date +%s)
day=$(date -u +%F)

say "1. The smelter checks a certificate file, then takes it in"
csv="brand,countryOfOrigin,shape,heats,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,method,sourceRef,Si,Fe,Zn,Ga,V,Al
FJNI,NO,ingot,W${run}A|W${run}B,$day,$day,$day,1100,25,25060.000,25000.000,aa-p1020a,OES,WALK-$run,0.04,0.11,<0.005,0.01,0.008,99.82"
as smelter-editor POST "/certificate-imports/check?name=walk.csv" "$csv" text/csv
import=$(as smelter-editor POST "/certificate-imports?name=walk.csv&mode=whole-file" "$csv" text/csv | field id)

say "2. A second person of the smelter signs and publishes it"
as smelter-approver POST "/certificate-imports/$import/sign" '{}'
certificate=$(as smelter-editor GET "/certificates?q=W${run}A" | field id)
number=$(as smelter-editor GET "/certificates?q=W${run}A" | field number)
echo " $number"

say "3. The warehouse weighs it, matches it, and asks for a warrant"
warehouse=$(as warehouse-operator GET /me | field organisationId)
unit=$(as warehouse-operator GET "/warehouses?organisation=$warehouse" | field id)
as warehouse-operator POST /weigh-tickets "{\"direction\":\"in\",\"warehouseId\":\"$unit\",\"certificateId\":\"$certificate\",\"number\":\"W-$run\",\"scaleId\":\"SCALE-1\",\"grossKg\":25384.5,\"tareKg\":380}"
echo
as warehouse-operator POST /inbound-matches "{\"certificateId\":\"$certificate\",\"warehouseId\":\"$unit\",\"brandMark\":\"FJNI\",\"shape\":\"ingot\",\"bundles\":25,\"netKg\":25004.5,\"seals\":[],\"heats\":[\"W${run}A\",\"W${run}B\"],\"scaleId\":\"SCALE-1\",\"weighedAt\":\"$(date -u +%FT%TZ)\"}"
owner=$(as owner-a GET /me | field organisationId)
buyer=$(as owner-b GET /me | field organisationId)
warrant=$(as warehouse-operator POST /warrants "{\"certificateIds\":[\"$certificate\"],\"ownerOrganisationId\":\"$owner\",\"lotNo\":\"W-$run\",\"dutyStatus\":\"unpaid\",\"rentUsdPerTonneDay\":0.52}" | field id)

say "4. A second person of the warehouse issues it: a posting in the Book"
task=$(as warehouse-approver GET "/tasks?subjectId=$warrant" | field id)
as warehouse-approver POST "/tasks/$task/approve" '{}'

say "5. The owner sees the emissions; the buyer does not"
as owner-a GET "/certificates/$certificate/emissions"
echo
as owner-b GET "/certificates/$certificate/emissions" || echo " <- as expected"

say "6. The owner offers the warrant, the buyer accepts"
offer=$(as owner-a POST "/warrants/$warrant/transfers" "{\"toOrganisationId\":\"$buyer\",\"expiresAt\":\"$(date -u -d '+5 days' +%FT%TZ)\",\"message\":\"Spot sale\"}" | field id)
as owner-b POST "/transfers/$offer/accept" '{}'

say "7. Now the buyer sees the emissions, and the former owner no longer does"
as owner-b GET "/certificates/$certificate/emissions"
echo
if as owner-a GET "/certificates/$certificate/emissions"; then echo "the former owner still sees them: that is a fault" >&2; exit 1; fi
echo " <- as expected"
as owner-b GET "/warrants/$warrant/history"
echo
echo "The walk is done: warrant $warrant of certificate $number."
