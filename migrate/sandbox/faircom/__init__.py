"""FairCom servers with their JSON action API, built from faircom.md alone."""
