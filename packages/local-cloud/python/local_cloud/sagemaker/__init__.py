"""SageMaker training and processing jobs that really run."""
