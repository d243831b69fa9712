"""FairCom servers: who holds which role, over the JSON action admin API (faircom.md)."""
