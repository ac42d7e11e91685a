"""What one does with a trained network: predict, measure, export."""
