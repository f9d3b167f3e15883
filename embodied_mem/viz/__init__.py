"""What a person looks at: contact sheets, maps, reports, and recordings for the Rerun viewer."""
